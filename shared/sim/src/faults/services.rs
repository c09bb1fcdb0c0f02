//! Faults around what acts outside: the bus, queues, mail, chat.

use super::{Broken, Draw, Faulty, meet};
use crate::cost::Call;
use app::ports::*;
use app::tenant::{Account, TeamLine};
use async_trait::async_trait;
use contracts::Envelope;
use jiff::SignedDuration;

#[async_trait]
impl Bus for Faulty<dyn Bus> {
    async fn publish(&self, events: &[Envelope]) -> PortResult<Vec<Result<(), String>>> {
        let some_refused = self.faults.chance(|rates| rates.bus_entry);
        if !some_refused {
            return meet!(self, BusPublish, events.len(), self.port.publish(events));
        }
        let mut results = Vec::with_capacity(events.len());
        for (at, event) in events.iter().enumerate() {
            // At least one is refused, and not always the same one.
            if at == event.id.as_str().len() % events.len() || self.faults.chance(|_| 300) {
                results.push(Err("InternalFailure".to_owned()));
            } else {
                results.extend(self.port.publish(std::slice::from_ref(event)).await?);
            }
        }
        meet!(self, BusPublish, events.len(), std::future::ready(PortResult::Ok(std::mem::take(&mut results))))
    }
}

#[async_trait]
impl Queue for Faulty<dyn Queue> {
    async fn send(&self, body: &str) -> PortResult<()> {
        meet!(self, QueueSend, 1, self.port.send(body))
    }

    async fn send_after(&self, body: &str, wait: SignedDuration) -> PortResult<()> {
        meet!(self, QueueSend, 1, self.port.send_after(body, wait))
    }
}

#[async_trait]
impl Parking for Faulty<dyn Parking> {
    async fn park(&self, body: &str, reason: &str) -> PortResult<()> {
        meet!(self, Park, 1, self.port.park(body, reason))
    }
}

impl Faulty<dyn Mailer> {
    async fn out(&self, mail: &Mail) -> Result<String, SendError> {
        self.faults.goes_out(|plan| &mut plan.mails);
        self.port.send(mail).await
    }
}

#[async_trait]
impl Mailer for Faulty<dyn Mailer> {
    async fn send(&self, mail: &Mail) -> Result<String, SendError> {
        if self.faults.chance(|rates| rates.refused) {
            return Err(SendError::Refused("the address bounced before".to_owned()));
        }
        if self.faults.chance(|rates| rates.unknown) {
            if self.faults.chance(|_| 500) {
                self.out(mail).await?;
            }
            return Err(SendError::Unknown("timed out".to_owned()));
        }
        meet!(self, MailSend, 1, self.out(mail))
    }
}

impl Faulty<dyn Texter> {
    async fn out(&self, account: Account<'_>, text: Text<'_>) -> Result<Taken, SendError> {
        self.faults.goes_out(|plan| &mut plan.texts);
        self.port.text(account, text).await
    }
}

#[async_trait]
impl Texter for Faulty<dyn Texter> {
    async fn text(&self, account: Account<'_>, text: Text<'_>) -> Result<Taken, SendError> {
        if self.faults.chance(|rates| rates.refused) {
            return Err(SendError::Refused("not a mobile number".to_owned()));
        }
        if self.faults.chance(|rates| rates.unknown) {
            if self.faults.chance(|_| 500) {
                self.out(account, text).await?;
            }
            return Err(SendError::Unknown("timed out".to_owned()));
        }
        meet!(self, TextSend, 1, self.out(account, text))
    }
}

impl Faulty<dyn TeamChat> {
    async fn out(&self, line: TeamLine<'_>, reference: &str, text: &str) -> Result<(), SendError> {
        self.faults.goes_out(|plan| &mut plan.posts);
        self.port.post(line, reference, text).await
    }
}

#[async_trait]
impl TeamChat for Faulty<dyn TeamChat> {
    async fn post(&self, line: TeamLine<'_>, reference: &str, text: &str) -> Result<(), SendError> {
        if self.faults.chance(|rates| rates.refused) {
            return Err(SendError::Refused("no such channel".to_owned()));
        }
        if self.faults.chance(|rates| rates.unknown) {
            if self.faults.chance(|_| 500) {
                self.out(line, reference, text).await?;
            }
            return Err(SendError::Unknown("timed out".to_owned()));
        }
        meet!(self, ChatPost, 1, self.out(line, reference, text))
    }
    async fn upload(&self, token: &secrecy::SecretString, channel: &str, file: &Attachment, comment: &str) -> Result<String, SendError> {
        // No shop of these worlds has an app of its own.
        self.port.upload(token, channel, file, comment).await
    }
}
