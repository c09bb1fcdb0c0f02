//! Names of things. Each is a newtype that can only hold a well-formed value, so that a function that
//! takes an [`OrderId`] cannot be handed a tenant or a blob of user text.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {rule}")]
pub struct BadId {
    /// What was being named.
    pub what: &'static str,
    /// The rule it breaks, in words.
    pub rule: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $rule:literal, $ok:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Longest value in bytes.
            pub const MAX_LEN: usize = $max;

            /// Checks and wraps.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                let allowed: fn(u8) -> bool = $ok;
                if text.is_empty() || text.len() > Self::MAX_LEN || !text.bytes().all(allowed) {
                    return Err(BadId { what: $what, rule: $rule });
                }
                Ok(Self(text.to_owned()))
            }

            /// The value.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

fn slug(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

fn token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':')
}

id!(
    /// A shop or 3PL. Every key of every table starts with it.
    TenantId, "tenant", 40, "1 to 40 lower-case letters, digits and dashes", slug
);
id!(
    /// The order number people quote, unique within a tenant: the shop's own ("1001") where it gave one,
    /// else `ORD-YYYYMMDD-XXXXXXXX`. Knowing it authorises nothing.
    OrderId, "order number", 48, "1 to 48 letters, digits, dashes, dots, colons and underscores", token
);
id!(
    /// Identifies one event for ever: what consumers deduplicate on.
    EventId, "event id", 160, "1 to 160 letters, digits, dashes, dots, colons and underscores", token
);
id!(
    /// Where an order or a status came from: a shop system, a sheet, a carrier ("shopify", "sheet", "api").
    SourceId, "source", 32, "1 to 32 lower-case letters, digits and dashes", slug
);
id!(
    /// Names a decision of a rule among those about one order: what it was decided on, by which settings, and what
    /// became of it.
    DecisionId, "decision", 64, "1 to 64 letters, digits, dashes, dots, colons and underscores", token
);
id!(
    /// Names something that is to happen to an order later, among the timers of that order.
    TimerId, "timer", 64, "1 to 64 letters, digits, dashes, dots, colons and underscores", token
);
id!(
    /// Names a picture of an order by what is in it, so that the same picture has the same name: "3f9a...c1.jpg".
    PhotoId, "photo", 48, "1 to 48 lower-case letters, digits and dots", |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.'
);
id!(
    /// Names something that a person has to decide, among the reviews of one order: "fraud-1".
    ReviewId, "review", 40, "1 to 40 lower-case letters, digits and dashes", slug
);
id!(
    /// Names something that is wrong with an order, among the exceptions of that order: "pick-delay-1".
    ExceptionId, "exception", 40, "1 to 40 lower-case letters, digits and dashes", slug
);
id!(
    /// Ties everything that one request caused together, across functions and logs.
    CorrelationId, "correlation id", 64, "1 to 64 letters, digits, dashes, dots, colons and underscores", token
);
id!(
    /// What a payment provider calls one of its objects: "pi_...", "8MC585209K746392H", "pay_...".
    ProviderReference, "provider reference", 255, "1 to 255 printable characters without spaces", |b| b.is_ascii_graphic()
);
id!(
    /// Where stock lies: a warehouse, a shop, a supplier's ("ny", "la").
    LocationId, "location", 32, "1 to 32 lower-case letters, digits and dashes", slug
);
id!(
    /// Names the fulfilment of a part of an order, among those of that order.
    FulfilmentId, "fulfilment", 64, "1 to 64 letters, digits, dashes, dots, colons and underscores", token
);
id!(
    /// Names what of an order comes back together, among the returns of that order: "r1".
    ReturnId, "return", 16, "1 to 16 lower-case letters, digits and dashes", slug
);
id!(
    /// The shop's own number of an order with a supplier ("PO-2026-0117").
    PurchaseId, "purchase order number", 52, "1 to 52 letters, digits, dashes, dots, colons and underscores", token
);
id!(
    /// What a carrier calls a parcel.
    TrackingNumber, "tracking number", 40, "1 to 40 letters and digits", |b| b.is_ascii_alphanumeric()
);
id!(
    /// What we call a label that we buy: the same for each attempt at buying it, and printed on it. Carriers take no more.
    LabelReference, "label reference", 35, "1 to 35 letters, digits, dashes, dots, colons and underscores", token
);
id!(
    /// Names orders that are picked together ("20251128T163000-9f3a17c2").
    BatchId, "batch", 40, "1 to 40 letters, digits, dashes, dots, colons and underscores", token
);
id!(
    /// Names a manifest: when it was asked for, of whom and where ("20251128T163000123Z-usps-main").
    ManifestId, "manifest", 64, "1 to 64 letters, digits, dashes, dots, colons and underscores", token
);
id!(
    /// Names an address of somebody's that is told what happens: "whe_4k2j...".
    WebhookEndpointId, "webhook endpoint", 24, "1 to 24 lower-case letters, digits and underscores", |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'
);
id!(
    /// Stock-keeping unit, as the shop writes it.
    Sku, "sku", 64, "1 to 64 printable characters without spaces", |b| b.is_ascii_graphic()
);

impl EventId {
    /// The id of the `index`-th event of an aggregate's commit: the same whenever it is computed, which is
    /// what makes publishing it twice harmless. Characters that an id cannot hold become underscores.
    pub fn of_event(tenant: &TenantId, aggregate: &str, version: u64, index: usize) -> EventId {
        let aggregate: String = aggregate.bytes().take(64).map(|byte| if token(byte) { byte as char } else { '_' }).collect();
        EventId(format!("{tenant}:{aggregate}:{version}:{index}"))
    }
}

impl DecisionId {
    /// Of an order at this version, by settings of this version: the same decision has the same name.
    pub fn of(version: u64, settings: u64, outcome: &'static str) -> DecisionId {
        DecisionId(format!("{version:06}-{settings}-{outcome}"))
    }
}

impl OrderId {
    /// Reads a number as shops and people write it: "#1001" is 1001, and "1001/2025" is kept as "1001-2025",
    /// because a slash would part a path in two.
    pub fn written(text: &str) -> Result<OrderId, BadId> {
        let text = text.strip_prefix('#').unwrap_or(text);
        if text.contains('/') { OrderId::parse(&text.replace('/', "-")) } else { OrderId::parse(text) }
    }

    /// `ORD-YYYYMMDD-XXXXXXXX`: the day it was placed and 40 random bits in Crockford's base 32, which has
    /// no I, L, O or U, so that the number survives a telephone.
    pub fn numbered(day: jiff::civil::Date, random: u64) -> OrderId {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let code: String = (0..8).map(|place| ALPHABET[((random >> (place * 5)) & 31) as usize] as char).collect();
        OrderId(format!("ORD-{:04}{:02}{:02}-{code}", day.year(), day.month(), day.day()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn ids_hold_only_what_they_allow() {
        assert!(TenantId::parse("demo-3pl").is_ok());
        for bad in ["", "Demo", "a b", "a#b", "a/b", "ü", &"a".repeat(41)] {
            assert!(TenantId::parse(bad).is_err(), "{bad}");
        }
        for bad in ["", "10 01", "1001#", "../x", "a\0b", "١٠٠١", &"9".repeat(49)] {
            assert!(OrderId::parse(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<OrderId>("\"a b\"").is_err());
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (text, number) in [("1001", "1001"), ("#1001", "1001"), ("1001/2025", "1001-2025"), ("#FV/12/2025", "FV-12-2025")] {
            assert_eq!(OrderId::written(text).map(|id| id.to_string()), Ok(number.to_owned()), "{text}");
        }
        for bad in ["", "#", "##1", "10 01", "1001#", "١"] {
            assert!(OrderId::written(bad).is_err(), "{bad}");
        }
    }

    // req: S2-11
    #[test]
    fn order_numbers_have_the_documented_shape() {
        let number = OrderId::numbered(date(2025, 8, 9), 0x0123_4567_89ab_cdef);
        let code = number.as_str().strip_prefix("ORD-20250809-").unwrap();
        assert!(code.len() == 8 && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase() && !b"ILOU".contains(&b)), "{code}");
        assert!(OrderId::parse(number.as_str()).is_ok());
        let mut seen = std::collections::HashSet::new();
        for random in 0..1_000_000u64 {
            assert!(seen.insert(OrderId::numbered(date(2025, 8, 9), random)));
        }
    }
}
