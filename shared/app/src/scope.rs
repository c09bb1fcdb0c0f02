//! Whose data a call may touch.
//!
//! No store call compiles without a [`TenantScope`], and a scope comes only from a verified identity, a
//! verified webhook or a message we wrote ourselves. That is the whole of tenant isolation: there is no
//! function that takes a tenant's name from a request body.

use domain::ids::TenantId;
use domain::order::{Actor, Role};
use serde::{Deserialize, Serialize};

/// The right to touch one tenant's data.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantScope {
    tenant: TenantId,
}

impl TenantScope {
    /// The scope of a verified identity.
    pub fn of(identity: &Identity) -> TenantScope {
        TenantScope { tenant: identity.tenant.clone() }
    }

    /// The scope of a message that one of our own functions wrote to one of our own queues, tables or
    /// schedules. The name says what the caller vouches for.
    pub fn of_own_message(tenant: &TenantId) -> TenantScope {
        TenantScope { tenant: tenant.clone() }
    }

    /// Whose.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

/// What an API key may do. A person's rights follow from the role alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Scopes {
    /// Ask where an order is. All that a publishable key may do.
    pub ask: bool,
    /// Read orders.
    pub read: bool,
    /// Place and change orders.
    pub write: bool,
    /// Settings, keys, privacy requests.
    pub admin: bool,
}

impl Scopes {
    /// Everything.
    pub const ALL: Scopes = Scopes { ask: true, read: true, write: true, admin: true };
    /// What a publishable key may do.
    pub const ASK: Scopes = Scopes { ask: true, read: false, write: false, admin: false };

    /// The scopes that come with a person's role.
    pub fn of_role(role: Role) -> Scopes {
        let at_least = |needed: Role| role >= needed && role != Role::Service;
        Scopes { ask: true, read: at_least(Role::Readonly), write: at_least(Role::Operator), admin: at_least(Role::Admin) }
    }
}

/// Who is calling, as verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Whose data they may touch.
    pub tenant: TenantId,
    /// Subject of the token or id of the key; never a name.
    pub principal: String,
    /// What they are.
    pub role: Role,
    /// What they may do.
    pub scopes: Scopes,
}

impl Identity {
    /// As the author of a change.
    pub fn actor(&self) -> Actor {
        Actor::Principal { id: self.principal.clone(), role: self.role }
    }

    /// Requires a scope.
    pub fn require(&self, needs: &'static str, allowed: impl Fn(&Scopes) -> bool) -> crate::Result<()> {
        if allowed(&self.scopes) { Ok(()) } else { Err(crate::Error::Forbidden { needs }) }
    }
}
