//! What carriers collect: a row a parcel that waits, a document a manifest, and a row of each pile of which one is being made.

use super::item::{Write, json, text, text_opt, to_json};
use super::outbox::loose_row;
use super::{AT_ONCE, Dynamo, Query, Range, Table, Transacted, Written, keys};
use app::TenantScope;
use app::ports::{ManifestPage, ManifestStore, PageKey, PortError, PortResult, WAITS_FOR};
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::ManifestId;
use domain::shipping::CarrierName;
use domain::shipping::manifest::{Manifest, Pile, WaitingParcel};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

/// [`ManifestStore`] in the ops table.
#[derive(Clone)]
pub struct DynamoManifests(pub(super) Dynamo);

impl DynamoManifests {
    /// Whoever lost the answer finds what they wrote.
    async fn written(&self, what: &str, document: &str, writes: &[(Table, Write)]) -> PortResult<bool> {
        Ok(match self.0.transact(what, writes).await? {
            Transacted::Done => true,
            Transacted::Refused(rows) => rows.into_iter().next().flatten().is_some_and(|row| text_opt(&row, "doc") == Some(document)),
        })
    }
}

#[async_trait]
impl ManifestStore for DynamoManifests {
    async fn lay(&self, scope: &TenantScope, parcel: &WaitingParcel, now: Timestamp) -> PortResult<()> {
        let row =
            Write::put(keys::waiting(scope, parcel)).text("doc", to_json("a parcel that waits", parcel)?).expires("ttl", now + WAITS_FOR);
        self.0.write("lay a parcel onto a pile", Table::Ops, &row).await.map(drop)
    }

    async fn waiting(&self, scope: &TenantScope, carrier: CarrierName, limit: usize) -> PortResult<Vec<WaitingParcel>> {
        let range = Range::Prefix(keys::pile_of(carrier));
        let (mut found, mut start) = (Vec::new(), None);
        loop {
            let page = Query { range: range.clone(), limit: Some((limit - found.len()).max(1)), start, ..Query::of(keys::piles(scope)) };
            let (rows, last) = self.0.query("list what waits for a carrier", Table::Ops, page).await?;
            for row in &rows {
                found.push(json(row, "doc")?);
            }
            start = last;
            if start.is_none() || found.len() >= limit {
                return Ok(found);
            }
        }
    }

    async fn take(&self, scope: &TenantScope, parcels: &[WaitingParcel]) -> PortResult<()> {
        let rows: Vec<Write> = parcels.iter().map(|parcel| Write::delete(keys::waiting(scope, parcel))).collect();
        let taken = stream::iter(rows)
            .map(|row| async move { self.0.write("take a parcel from a pile", Table::Ops, &row).await })
            .buffer_unordered(AT_ONCE);
        taken.try_collect::<Vec<Written>>().await.map(drop)
    }

    async fn open(&self, scope: &TenantScope) -> PortResult<Vec<(Pile, ManifestId)>> {
        let rows = self.0.query_all("list open manifests", Table::Ops, Query::of(keys::open_manifests(scope))).await?;
        rows.iter().map(|row| Ok((json(row, "doc")?, json(row, "manifest")?))).collect()
    }

    async fn add(&self, scope: &TenantScope, manifest: &Manifest, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        let document = to_json("a manifest", manifest)?;
        let row = Write::put(keys::manifest(scope, &manifest.id)).text("doc", &document).number("version", manifest.version);
        let open = Write::put(keys::open_manifest(scope, &manifest.pile))
            .text("doc", to_json("a pile", &manifest.pile)?)
            .text("manifest", to_json("a manifest's name", &manifest.id)?);
        let free = |write: Write| write.when("attribute_not_exists(PK)");
        let mut writes = vec![(Table::Ops, free(row)), (Table::Ops, free(open))];
        writes.extend(loose_row(scope, publish, now)?.map(|row| (Table::Outbox, row)));
        self.written("add a manifest", &document, &writes).await
    }

    async fn load(&self, scope: &TenantScope, id: &ManifestId) -> PortResult<Option<Manifest>> {
        let row = self.0.get("read a manifest", Table::Ops, keys::manifest(scope, id)).await?;
        row.map(|row| json(&row, "doc")).transpose()
    }

    async fn page(&self, scope: &TenantScope, after: Option<&PageKey>, limit: usize) -> PortResult<ManifestPage> {
        if after.is_some_and(|after| ManifestId::parse(&after.0).is_err()) {
            return Err(PortError::Fatal("not a page key of this list".into()));
        }
        let range = after.map_or(Range::Whole, |after| Range::Below(after.0.clone()));
        let query = Query { range, ascending: false, limit: Some(limit), ..Query::of(keys::manifests(scope)) };
        let (rows, last) = self.0.query("list manifests", Table::Ops, query).await?;
        let next = rows.last().filter(|_| last.is_some()).map(|row| text(row, "SK")).transpose()?;
        let next = next.map(|place| PageKey(place.to_owned()));
        Ok(ManifestPage { manifests: rows.iter().map(|row| json(row, "doc")).collect::<PortResult<_>>()?, next })
    }

    async fn save(&self, scope: &TenantScope, manifest: &Manifest, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        let document = to_json("a manifest", manifest)?;
        let row = Write::put(keys::manifest(scope, &manifest.id)).text("doc", &document).number("version", manifest.version);
        let row = row.when("#version = :before").number(":before", manifest.version.saturating_sub(1));
        let mut writes = vec![(Table::Ops, row)];
        if !manifest.state.is_open() {
            writes.push((Table::Ops, Write::delete(keys::open_manifest(scope, &manifest.pile))));
        }
        writes.extend(loose_row(scope, publish, now)?.map(|row| (Table::Outbox, row)));
        self.written("save a manifest", &document, &writes).await
    }
}
