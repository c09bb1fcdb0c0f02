//! What is asked of Saleor's API. Each is checked in tests against the part of its schema that it uses.

/// What is read of an order, in pages and alone. docs/saleor.md asks for the same in its subscription.
pub const ORDER: &str = "fragment News on Order {
  id number status created updatedAt chargeStatus authorizeStatus userEmail languageCodeEnum
  totalRefunded { amount }
  shippingAddress { ...Place }
  billingAddress { ...Place }
  lines { id productSku productVariantId productName variantName quantity isShippingRequired unitPrice { net { amount } } }
  shippingPrice { net { amount } }
  total { gross { amount currency } tax { amount } }
}
fragment Place on Address {
  firstName lastName companyName streetAddress1 streetAddress2 city cityArea postalCode country { code } countryArea phone
}";

/// Orders that have changed, the least recently changed first.
pub const CHANGED: &str = "query Changed($first: Int!, $after: String, $since: DateTime!) {
  orders(first: $first, after: $after, sortBy: {field: LAST_MODIFIED_AT, direction: ASC}, filter: {updatedAt: {gte: $since}}) {
    pageInfo { hasNextPage endCursor }
    edges { node { ...News } }
  }
}";

/// One order with what of it was sent and can be.
pub const ONE: &str = "query One($id: ID!) {
  order(id: $id) {
    ...News
    work: lines { id productSku productVariantId quantityFulfilled quantityToFulfill allocations { quantity warehouse { id } } }
    fulfillments { id status trackingNumber }
  }
}";

/// A parcel has left.
pub const FULFIL: &str = "mutation Fulfil($order: ID!, $input: OrderFulfillInput!) {
  done: orderFulfill(order: $order, input: $input) { errors { field message code } }
}";

/// It was called off.
pub const CANCEL: &str = "mutation Cancel($order: ID!) {
  done: orderCancel(id: $order) { errors { field message code } }
}";

/// A parcel has a number.
pub const NUMBER: &str = "mutation Number($parcel: ID!, $input: FulfillmentUpdateTrackingInput!) {
  done: orderFulfillmentUpdateTracking(id: $parcel, input: $input) { errors { field message code } }
}";
