//! Files of orders that somebody uploads: kept, read behind a queue, taken in as far as they are good, and listed as far
//! as they are not. A dry run only lists.

use super::intake::{Memory, SheetStatus};
use super::table;
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::json;
use crate::place::Place;
use crate::ports::{Clock, Queue, ReportStore, TenantStore};
use crate::scope::{Identity, TenantScope};
use contracts::queue::{FileAsked, FileOptions, SheetAsked};
use domain::ids::{CorrelationId, SourceId, TenantId};
use domain::money::Currency;
use domain::order::Fault;
use domain::sheet::{Reading, read};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Largest file, in bytes: what a request to a function can carry. `orderctl import` takes larger ones.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Where orders of files come from.
const CHANNEL: &str = "file";

fn faults(options: &FileOptions) -> Vec<Fault> {
    let mut faults = Vec::new();
    if Currency::parse(&options.currency).is_err() {
        faults.push(Fault::new("currency", "unknown_currency", "three letters such as EUR"));
    }
    if options.worksheet.as_ref().is_some_and(|name| name.trim().is_empty() || name.chars().count() > 100) {
        faults.push(Fault::new("worksheet", "bad_name", "1 to 100 characters, or nothing for the first worksheet"));
    }
    faults
}

/// How an uploaded file stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FileStatus {
    /// Which.
    pub id: String,
    /// It was only looked at.
    pub dry_run: bool,
    /// Nothing more will happen to it.
    pub done: bool,
    /// What is known of its rows.
    #[serde(flatten)]
    pub sheet: SheetStatus,
}

/// Keeps a file and has it read. The same file with the same options is the same import; its id.
///
/// # Errors
/// `Forbidden`, `Invalid` with all faults, `Retryable`.
pub async fn upload(
    (files, queue): (&dyn ReportStore, &dyn Queue),
    identity: &Identity,
    bytes: Vec<u8>,
    options: FileOptions,
    correlation: &CorrelationId,
) -> Result<String> {
    identity.require("write", |scopes| scopes.write)?;
    let mut faults = faults(&options);
    if bytes.is_empty() {
        faults.push(Fault::new("", "empty", "send the file itself as the body: CSV, TSV or XLSX"));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let scope = TenantScope::of(identity);
    let id = id(&bytes, &options);
    files.put(&scope, &place_of(&id), bytes, "application/octet-stream").await?;
    Memory::default().save(files, &scope, &memory_of(&id)).await?;
    send(queue, scope.tenant(), FileAsked { id: id.clone(), options }, correlation).await?;
    Ok(id)
}

/// How a file stands.
///
/// # Errors
/// `NotFound`, `Retryable`.
pub async fn status(files: &dyn ReportStore, scope: &TenantScope, id: &str) -> Result<FileStatus> {
    let known = id.len() == ID_HEX && id.bytes().all(|b| b.is_ascii_hexdigit());
    let there = known && files.get(scope, &memory_of(id)).await?.is_some();
    if !there {
        return Err(Error::NotFound("import"));
    }
    let memory = Memory::load(files, scope, &memory_of(id)).await?;
    let done = memory.status.at.is_some() && memory.status.waiting == 0;
    Ok(FileStatus { id: id.to_owned(), dry_run: memory.dry_run, done, sheet: memory.status })
}

/// Reads the files that are kept.
#[derive(Clone)]
pub struct ImportFile {
    /// Takes rows in.
    pub place: Place,
    /// The files, and what is remembered of them.
    pub files: Arc<dyn ReportStore>,
    /// Where what is left over waits.
    pub queue: Arc<dyn Queue>,
    /// Settings.
    pub tenants: Arc<dyn TenantStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl ImportFile {
    /// Reads one; what it has no time for goes on in a run of its own.
    ///
    /// # Errors
    /// `Retryable` if our own stores fail. A file that cannot be read is no error but a status.
    pub async fn run(&self, tenant: &TenantId, asked: &FileAsked, correlation: &CorrelationId) -> Result<SheetStatus> {
        let scope = TenantScope::of_own_message(tenant);
        let config = self.tenants.config(tenant).await?.unwrap_or_default();
        let mut memory = Memory::load(&*self.files, &scope, &memory_of(&asked.id)).await?;
        let bytes = self.files.get(&scope, &place_of(&asked.id)).await?.unwrap_or_default();
        if bytes.is_empty() {
            // It was read to its end before; the message came twice.
            return Ok(memory.status);
        }
        let options = &asked.options;
        let reading = Reading { currency: Currency::parse(&options.currency).unwrap_or(Currency::EUR), zone: config.zone() };
        let source = SourceId::parse(CHANNEL).map_err(|why| Error::Fatal(why.to_string()))?;
        let table = table::read(&bytes, options.worksheet.as_deref()).map_err(|why| why.to_string());
        match table.and_then(|table| read(&table, &reading).map_err(|why| why.to_string())) {
            Err(why) => memory.status = SheetStatus { error: Some(why), ..SheetStatus::default() },
            Ok(found) if options.dry_run => memory.look(found, &source, self.clock.now()),
            Ok(found) => {
                let actor = domain::order::Actor::Source { source: source.clone() };
                let by = Provenance { actor, correlation: correlation.clone() };
                let before = (memory.status.placed, memory.status.updated);
                memory.take_in(&self.place, &*self.clock, Context { scope: &scope, config: &config, by: &by }, &source, found).await;
                // Of all its runs, for whoever uploaded it.
                memory.status.placed += before.0;
                memory.status.updated += before.1;
            }
        }
        memory.dry_run = options.dry_run;
        memory.status.at = Some(self.clock.now());
        memory.save(&*self.files, &scope, &memory_of(&asked.id)).await?;
        if memory.status.waiting > 0 {
            send(&*self.queue, tenant, asked.clone(), correlation).await?;
        } else {
            // Names and addresses are kept with the orders now, where they can be erased, and nowhere else.
            self.files.put(&scope, &place_of(&asked.id), Vec::new(), "application/octet-stream").await?;
        }
        Ok(memory.status)
    }
}

/// Characters of an id.
const ID_HEX: usize = 32;

fn id(bytes: &[u8], options: &FileOptions) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{options:?}"));
    hash.update(bytes);
    hex::encode(hash.finalize())[..ID_HEX].to_owned()
}

fn place_of(id: &str) -> String {
    format!("imports/{id}.file")
}

fn memory_of(id: &str) -> String {
    format!("imports/{id}.json")
}

async fn send(queue: &dyn Queue, tenant: &TenantId, file: FileAsked, correlation: &CorrelationId) -> Result<()> {
    let message = SheetAsked {
        v: SheetAsked::VERSION,
        tenant: tenant.clone(),
        file: Some(file),
        saleor: false,
        scheduled: false,
        correlation: correlation.clone(),
    };
    json::send(queue, &message).await
}
