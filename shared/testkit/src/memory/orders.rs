use super::once::{OnceRecord, may_finish};
use super::outbox::write_outbox;
use super::{MemoryWorld, Shop, StoredOrder, inbox, shop_mut, stock};
use app::TenantScope;
use app::ports::{
    Commit, CommitError, CustomerKey, Dossier, ExceptionEntry, InboxState, Message, OrderQuery, OrderStore, OrderSummary, Page, PageKey,
    PortError, PortResult, ReviewEntry, outside_names,
};
use async_trait::async_trait;
use domain::ids::{DecisionId, OrderId, SourceId};
use domain::order::{ERASED, Order};
use jiff::Timestamp;
use std::cmp::Reverse;

/// Largest JSON of an order; a table row takes 400 KB with its indexes.
const DOC_BYTES_MAX: usize = 350 * 1024;

fn customer_of(scope: &TenantScope, order: &Order) -> Option<CustomerKey> {
    app::privacy::customer_of(scope.tenant(), order.contact.as_ref()?)
}

pub(super) fn oldest_first(messages: &mut [Message]) {
    messages.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
}

/// Only an order with very many lines can come near the limit; the others are not worth serialising.
fn too_large(order: &Order) -> bool {
    let lines: usize = order.lines.iter().map(|line| line.sku.len() + line.name.len() + 160).sum();
    lines > DOC_BYTES_MAX / 8 && serde_json::to_string(order).map_or(0, |doc| doc.len()) > DOC_BYTES_MAX
}

fn refusal(shop: &Shop, commit: &Commit<'_>) -> Option<CommitError> {
    let (order, now) = (commit.order, commit.recorded.at);
    if let Some(key) = commit.inbox {
        let waiting = shop.inbox.get(key).is_some_and(|stored| stored.entry.state != InboxState::Done);
        if !waiting {
            return Some(CommitError::InboxDone);
        }
    }
    if commit.once.is_some_and(|done| !may_finish(shop.once.get(done.key), done.fence, now)) {
        return Some(CommitError::OnceTaken);
    }
    if let (0, Some(external)) = (commit.before_version, &order.external_id) {
        // Two lookups by a pair of owned strings; only a new order with a foreign id pays for them.
        if shop.refs.contains_key(&(order.channel.clone(), external.clone())) {
            return Some(CommitError::ExternalIdTaken);
        }
    }
    let version = shop.orders.get(&order.id).map_or(0, |stored| stored.order.version);
    let there = |id: &DecisionId| shop.decisions.contains_key(&(order.id.clone(), id.clone()));
    let decided = commit.decision.is_some_and(|decision| there(&decision.id));
    let judged_nothing = commit.judged.is_some_and(|(id, _)| !there(id));
    if version != commit.before_version || decided || judged_nothing {
        return Some(CommitError::Conflict);
    }
    stock::refusal(&shop.stock, order, commit.recorded)
}

/// [`OrderStore`] in memory.
#[derive(Clone)]
pub struct MemoryOrders(pub(super) MemoryWorld);

#[async_trait]
impl OrderStore for MemoryOrders {
    async fn load(&self, scope: &TenantScope, id: &OrderId) -> PortResult<Option<Order>> {
        let state = self.0.lock();
        Ok(state.shop(scope).and_then(|shop| shop.orders.get(id)).map(|stored| stored.order.clone()))
    }

    async fn find(&self, scope: &TenantScope, channel: &SourceId, external_id: &str) -> PortResult<Option<OrderId>> {
        let state = self.0.lock();
        let Some(shop) = state.shop(scope) else { return Ok(None) };
        Ok(shop.refs.get(&(channel.clone(), external_id.to_owned())).cloned())
    }

    async fn dossier(&self, scope: &TenantScope, id: &OrderId, limit: usize) -> PortResult<Option<Dossier>> {
        let state = self.0.lock();
        let Some((shop, stored)) = state.shop(scope).and_then(|shop| Some((shop, shop.orders.get(id)?))) else { return Ok(None) };
        let history = stored.history[stored.history.len().saturating_sub(limit)..].to_vec();
        let mut messages: Vec<Message> = shop.messages.get(id.as_str()).into_iter().flat_map(|found| found.values()).cloned().collect();
        oldest_first(&mut messages);
        Ok(Some(Dossier { order: stored.order.clone(), history, messages }))
    }

    async fn commit(&self, scope: &TenantScope, commit: Commit<'_>) -> Result<(), CommitError> {
        let order = commit.order;
        if order.version != commit.before_version + 1 || commit.recorded.version != order.version {
            return Err(PortError::Fatal("a commit must make exactly one version".into()).into());
        }
        if too_large(order) {
            return Err(PortError::Fatal(format!("the order is larger than {DOC_BYTES_MAX} bytes")).into());
        }
        let mut state = self.0.lock();
        let state = &mut *state;
        let shop = shop_mut(&mut state.shops, scope);
        if let Some(why) = refusal(shop, &commit) {
            return Err(why);
        }
        if let Some(stored) = commit.inbox.and_then(|key| shop.inbox.get_mut(key)) {
            stored.entry.state = InboxState::Done;
            stored.expires_at = commit.recorded.at + inbox::KEPT;
        }
        if let Some(done) = commit.once {
            let mut record = shop.once.remove(done.key);
            OnceRecord::finish(&mut record, done);
            shop.once.extend(record.map(|record| (done.key.clone(), record)));
        }
        if let (0, Some(external)) = (commit.before_version, &order.external_id) {
            shop.refs.insert((order.channel.clone(), external.clone()), order.id.clone());
        }
        for (channel, name) in outside_names(commit.recorded) {
            shop.refs.insert((channel, name), order.id.clone());
        }
        match shop.orders.get_mut(&order.id) {
            Some(stored) => {
                stored.order = order.clone();
                stored.due = commit.due;
                stored.timer = commit.timer;
                stored.history.push(commit.recorded.clone());
            }
            None => {
                let stored =
                    StoredOrder { order: order.clone(), due: commit.due, timer: commit.timer, history: vec![commit.recorded.clone()] };
                shop.orders.insert(order.id.clone(), stored);
            }
        }
        if let Some(decision) = commit.decision {
            shop.decisions.insert((order.id.clone(), decision.id.clone()), decision.clone());
        }
        let judged = commit.judged.and_then(|(id, judgement)| Some((shop.decisions.get_mut(&(order.id.clone(), id.clone()))?, judgement)));
        if let Some((decision, judgement)) = judged {
            decision.judgement = Some(judgement.clone());
        }
        for review in commit.recorded.reviews().into_iter().filter_map(|id| order.review(id)) {
            shop.reviews.insert((order.id.clone(), review.id.clone()), ReviewEntry::of(order, review));
        }
        for exception in commit.recorded.exceptions().into_iter().filter_map(|id| order.exception(id)) {
            shop.exceptions.insert((order.id.clone(), exception.id.clone()), ExceptionEntry::of(order, exception));
        }
        stock::follow(&mut shop.stock, order, commit.recorded);
        state.commits += 1;
        if !commit.publish.is_empty() {
            write_outbox(state, scope, order.id.as_str(), order.version, None, commit.publish, commit.recorded.at);
        }
        Ok(())
    }

    async fn forget_words(&self, scope: &TenantScope, id: &OrderId) -> PortResult<()> {
        let mut state = self.0.lock();
        let shop = state.shop_mut(scope);
        for commit in shop.orders.get_mut(id).into_iter().flat_map(|stored| &mut stored.history) {
            commit.forget_words();
        }
        for message in shop.messages.get_mut(id.as_str()).into_iter().flat_map(|messages| messages.values_mut()) {
            message.text = ERASED.to_owned();
            message.to = ERASED.to_owned();
        }
        Ok(())
    }

    async fn reschedule(&self, scope: &TenantScope, id: &OrderId, version: u64, due: Timestamp) -> PortResult<bool> {
        let mut state = self.0.lock();
        let stored = state.shop_mut(scope).orders.get_mut(id).filter(|stored| stored.order.version == version && stored.due.is_some());
        Ok(stored.map(|stored| stored.due = Some(due)).is_some())
    }

    async fn page(&self, scope: &TenantScope, query: &OrderQuery, after: Option<&PageKey>, limit: usize) -> PortResult<Page> {
        let after = after.map(boundary).transpose()?;
        let state = self.0.lock();
        let stored = || state.shop(scope).into_iter().flat_map(|shop| shop.orders.values());
        let orders = stored().map(|stored| &stored.order);
        let due = |now: Option<Timestamp>| {
            let open = stored().filter_map(|stored| Some((stored.due?, &stored.order)));
            open.filter(|(at, _)| now.is_none_or(|now| *at < now)).collect()
        };
        let mut rows: Vec<(Timestamp, &Order)> = match query {
            OrderQuery::All => orders.map(|order| (order.updated_at, order)).collect(),
            OrderQuery::Status(status) => {
                orders.filter(|order| order.tracks.status == *status).map(|order| (order.updated_at, order)).collect()
            }
            OrderQuery::Open => due(None),
            OrderQuery::Due(now) => due(Some(*now)),
            OrderQuery::Customer(key) => {
                orders.filter(|order| customer_of(scope, order).as_ref() == Some(key)).map(|order| (order.placed_at, order)).collect()
            }
        };
        let urgent_first = matches!(query, OrderQuery::Open | OrderQuery::Due(_));
        if urgent_first {
            rows.retain(|(at, order)| after.as_ref().is_none_or(|after| (*at, &order.id) > (after.0, &after.1)));
            rows.sort_by_key(|(at, order)| (*at, &order.id));
        } else {
            rows.retain(|(at, order)| after.as_ref().is_none_or(|after| (*at, &order.id) < (after.0, &after.1)));
            rows.sort_by_key(|(at, order)| Reverse((*at, &order.id)));
        }
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(at, order)| PageKey(format!("{at}#{}", order.id)));
        Ok(Page { orders: rows.into_iter().map(|(_, order)| OrderSummary::of(order)).collect(), next })
    }
}

fn boundary(key: &PageKey) -> PortResult<(Timestamp, OrderId)> {
    let parsed = key.0.split_once('#').and_then(|(at, id)| Some((at.parse().ok()?, OrderId::parse(id).ok()?)));
    parsed.ok_or_else(|| PortError::Fatal("not a page key of this store".into()))
}
