//! Finished files.

use crate::clients::Aws;
use crate::error::port_error;
use app::TenantScope;
use app::ports::{PortError, PortResult, ReportStore};
use async_trait::async_trait;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;

/// Keys looked at for one list.
const LISTED_MAX: usize = 10_000;
/// Longest life S3 gives a link.
const LINK_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// Largest file that is read into memory; larger ones are only linked to.
const GET_BYTES_MAX: i64 = 32 * 1024 * 1024;

/// [`ReportStore`] in a bucket; every key starts with the tenant.
#[derive(Clone)]
pub struct S3Reports {
    aws: Arc<Aws>,
    bucket: String,
}

impl S3Reports {
    /// The bucket with this name.
    pub fn new(aws: Arc<Aws>, bucket: impl Into<String>) -> S3Reports {
        S3Reports { aws, bucket: bucket.into() }
    }
}

/// Where a tenant's reports lie; the functions' rights end at the first part.
fn home(scope: &TenantScope) -> String {
    format!("reports/{}/", scope.tenant())
}

/// A key that climbs would be another tenant's in everything that reads it as a path.
fn object(scope: &TenantScope, key: &str) -> PortResult<String> {
    if key.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return Err(PortError::Fatal("a report's key must be a plain path".into()));
    }
    Ok(format!("{}{key}", home(scope)))
}

#[async_trait]
impl ReportStore for S3Reports {
    async fn put(&self, scope: &TenantScope, key: &str, bytes: Vec<u8>, content_type: &str) -> PortResult<String> {
        let object = object(scope, key)?;
        let body = ByteStream::from(bytes);
        let call = self.aws.s3().await.put_object().bucket(&self.bucket).key(&object).body(body).content_type(content_type);
        call.send().await.map_err(|error| port_error("store a report", &error))?;
        Ok(object)
    }

    async fn get(&self, scope: &TenantScope, key: &str) -> PortResult<Option<Vec<u8>>> {
        let Ok(object) = object(scope, key) else { return Ok(None) };
        let answer = match self.aws.s3().await.get_object().bucket(&self.bucket).key(object).send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(|refused| refused.is_no_such_key()) => return Ok(None),
            Err(error) => return Err(port_error("load a report", &error)),
        };
        if answer.content_length().is_some_and(|bytes| bytes > GET_BYTES_MAX) {
            return Err(PortError::Fatal(format!("load a report: it has more than {GET_BYTES_MAX} bytes")));
        }
        let bytes = answer.body.collect().await.map_err(|_| PortError::Retryable("load a report: cut off".into()))?;
        Ok(Some(bytes.to_vec()))
    }

    async fn list(&self, scope: &TenantScope, prefix: &str, limit: usize) -> PortResult<Vec<String>> {
        let home = home(scope);
        let mut found: Vec<(i64, String)> = Vec::new();
        let mut next = None;
        loop {
            let call = self.aws.s3().await.list_objects_v2().bucket(&self.bucket).prefix(format!("{home}{prefix}"));
            let answer = call.set_continuation_token(next).send().await.map_err(|error| port_error("list reports", &error))?;
            for object in answer.contents() {
                let stored = object.last_modified().map_or(0, |at| at.secs());
                found.extend(object.key().and_then(|key| key.strip_prefix(&home)).map(|key| (stored, key.to_owned())));
            }
            next = answer.next_continuation_token().map(str::to_owned);
            if next.is_none() || found.len() >= LISTED_MAX {
                break;
            }
        }
        found.sort_by(|a, b| b.cmp(a));
        Ok(found.into_iter().take(limit).map(|(_, key)| key).collect())
    }

    /// The link dies with the credentials that signed it, if that is sooner.
    async fn link(&self, scope: &TenantScope, key: &str, valid_for: SignedDuration) -> PortResult<String> {
        let valid_for = Duration::try_from(valid_for).unwrap_or_default().clamp(Duration::from_secs(1), LINK_MAX);
        let until = PresigningConfig::expires_in(valid_for).map_err(|why| PortError::Fatal(format!("link to a report: {why}")))?;
        let call = self.aws.s3().await.get_object().bucket(&self.bucket).key(object(scope, key)?);
        let signed = call.presigned(until).await.map_err(|error| port_error("link to a report", &error))?;
        Ok(signed.uri().to_owned())
    }

    /// The bucket keeps what it held for a while as an earlier version, which nothing here can read.
    async fn delete(&self, scope: &TenantScope, key: &str) -> PortResult<()> {
        let call = self.aws.s3().await.delete_object().bucket(&self.bucket).key(object(scope, key)?);
        call.send().await.map_err(|error| port_error("delete a report", &error))?;
        Ok(())
    }
}
