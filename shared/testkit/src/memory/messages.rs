use super::MemoryWorld;
use app::TenantScope;
use app::ports::{Attachment, Mail, Mailer, Message, MessageClaim, MessageId, MessageState, MessageStore, PortResult, SendError, TeamChat};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

/// The lease of a claim whose message does not say.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// [`MessageStore`] in memory.
#[derive(Clone)]
pub struct MemoryMessages(pub(super) MemoryWorld);

#[async_trait]
impl MessageStore for MemoryMessages {
    async fn claim(&self, scope: &TenantScope, subject: &str, message: &Message, now: Timestamp) -> PortResult<MessageClaim> {
        let mut state = self.0.lock();
        let messages = state.shop_mut(scope).messages.entry(subject.to_owned()).or_default();
        let lease_until = match message.state {
            MessageState::Sending { lease_until } => lease_until,
            _ => now + LEASE,
        };
        let Some(known) = messages.get_mut(&message.id) else {
            messages.insert(message.id.clone(), Message { state: MessageState::Sending { lease_until }, attempts: 1, ..message.clone() });
            return Ok(MessageClaim::Send { attempt: 1 });
        };
        Ok(match known.state {
            MessageState::Failed { .. } => {
                let (at, attempts) = (known.at, known.attempts + 1);
                *known = Message { state: MessageState::Sending { lease_until }, at, attempts, ..message.clone() };
                MessageClaim::Send { attempt: attempts }
            }
            MessageState::Sending { lease_until } if now < lease_until => MessageClaim::Busy { until: lease_until },
            MessageState::Sending { .. } => {
                known.state = MessageState::Unknown;
                MessageClaim::Settled(MessageState::Unknown)
            }
            MessageState::Sent { .. } | MessageState::Suppressed { .. } | MessageState::Unknown => {
                MessageClaim::Settled(known.state.clone())
            }
        })
    }

    async fn settle(&self, scope: &TenantScope, subject: &str, id: &MessageId, attempt: u32, to: &MessageState) -> PortResult<bool> {
        let mut state = self.0.lock();
        match state.shop_mut(scope).messages.get_mut(subject).and_then(|messages| messages.get_mut(id)) {
            Some(known) if known.attempts == attempt && matches!(known.state, MessageState::Sending { .. }) => {
                known.state = to.clone();
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

/// [`Mailer`] that keeps what was sent.
#[derive(Clone)]
pub struct MemoryMailer(pub(super) MemoryWorld);

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, mail: &Mail) -> Result<String, SendError> {
        let mut state = self.0.lock();
        let answer = state.mail_answers.pop_front().flatten();
        if matches!(answer, None | Some(SendError::Unknown(_))) {
            state.mails.push(mail.clone());
        }
        match answer {
            Some(why) => Err(why),
            None => Ok(format!("mail-{}", state.mails.len())),
        }
    }
}

/// [`TeamChat`] that keeps what was posted.
#[derive(Clone)]
pub struct MemoryChat(pub(super) MemoryWorld);

#[async_trait]
impl TeamChat for MemoryChat {
    async fn post(&self, webhook: &SecretString, text: &str) -> Result<(), SendError> {
        let mut state = self.0.lock();
        let answer = state.post_answers.pop_front().flatten();
        if matches!(answer, None | Some(SendError::Unknown(_))) {
            state.posts.push((webhook.expose_secret().to_owned(), text.to_owned()));
        }
        answer.map_or(Ok(()), Err)
    }

    async fn upload(&self, token: &SecretString, channel: &str, file: &Attachment, comment: &str) -> Result<String, SendError> {
        self.post(token, comment).await?;
        let mut state = self.0.lock();
        state.uploads.push((channel.to_owned(), file.clone()));
        Ok(format!("file-{}", state.uploads.len()))
    }
}
