use super::MemoryWorld;
use app::TenantScope;
use app::ports::{
    ADDRESS_KNOWN_FOR, Address, AddressStore, Attachment, Mail, Mailer, Message, MessageClaim, MessageId, MessageState, MessageStore,
    PortResult, Reached, SendError, Taken, TeamChat, Text, Texter,
};
use app::tenant::{Account, TeamLine};
use async_trait::async_trait;
use domain::ids::OrderId;
use domain::notify::Channel;
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
            _ => MessageClaim::Settled(known.state.clone()),
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

    async fn receipt(&self, scope: &TenantScope, subject: &str, id: &MessageId, to: &MessageState) -> PortResult<Option<Message>> {
        let mut state = self.0.lock();
        let known = state.shop_mut(scope).messages.get_mut(subject).and_then(|messages| messages.get_mut(id));
        Ok(known.filter(|known| known.state.was_handed_over()).map(|known| {
            if known.state.may_become(to) {
                known.state = to.clone();
            }
            known.clone()
        }))
    }
}

/// An address, with what is known of it.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownAddress {
    pub(super) reached: Reached,
    wished_at: Option<Timestamp>,
    answers_from: Option<Address>,
    until: Option<Timestamp>,
}

impl KnownAddress {
    /// What was refused, here or where they answer from, is known for good.
    fn expires(&mut self, now: Timestamp) {
        let passes = self.reached.refused.is_none() && self.answers_from.is_none();
        self.until = passes.then(|| now + ADDRESS_KNOWN_FOR);
    }
}

/// [`AddressStore`] in memory.
#[derive(Clone)]
pub struct MemoryAddresses(pub(super) MemoryWorld);

#[async_trait]
impl AddressStore for MemoryAddresses {
    async fn reached(&self, scope: &TenantScope, address: &Address, now: Timestamp) -> PortResult<Reached> {
        let mut state = self.0.lock();
        let addresses = &state.shop_mut(scope).addresses;
        let known = addresses.get(address).filter(|known| known.until.is_none_or(|until| now < until)).cloned().unwrap_or_default();
        let other = known.answers_from.and_then(|other| addresses.get(&other)?.reached.refused.clone());
        Ok(Reached { refused: known.reached.refused.or(other), order: known.reached.order })
    }

    async fn about(&self, scope: &TenantScope, address: &Address, order: &OrderId, now: Timestamp) -> PortResult<()> {
        let mut state = self.0.lock();
        let known = state.shop_mut(scope).addresses.entry(address.clone()).or_default();
        known.reached.order = Some(order.clone());
        known.expires(now);
        Ok(())
    }

    async fn answers_from(&self, scope: &TenantScope, address: &Address, other: &Address) -> PortResult<()> {
        let mut state = self.0.lock();
        let known = state.shop_mut(scope).addresses.entry(address.clone()).or_default();
        (known.answers_from, known.until) = (Some(other.clone()), None);
        Ok(())
    }

    async fn refuse(&self, scope: &TenantScope, address: &Address, why: Option<&str>, at: Timestamp) -> PortResult<()> {
        let mut state = self.0.lock();
        let addresses = &mut state.shop_mut(scope).addresses;
        let other = addresses.get(address).and_then(|known| known.answers_from.clone()).filter(|_| why.is_none());
        for address in [Some(address.clone()), other].into_iter().flatten() {
            let known = addresses.entry(address).or_default();
            if known.wished_at.is_none_or(|wished_at| wished_at <= at) {
                (known.reached.refused, known.wished_at) = (why.map(str::to_owned), Some(at));
                known.expires(at);
            }
        }
        Ok(())
    }

    async fn forget(&self, scope: &TenantScope, address: &Address, order: &OrderId, _: Timestamp) -> PortResult<()> {
        let mut state = self.0.lock();
        let addresses = &mut state.shop_mut(scope).addresses;
        let other = addresses.get(address).and_then(|known| known.answers_from.clone());
        let stops = other.as_ref().and_then(|other| addresses.get(other)).is_some_and(|other| other.reached.refused.is_some());
        for (address, stops) in [Some((address.clone(), stops)), other.map(|other| (other, false))].into_iter().flatten() {
            if let Some(known) = addresses.get_mut(&address).filter(|known| known.reached.order.as_ref() == Some(order)) {
                known.reached.order = None;
                if known.reached.refused.is_none() && !stops {
                    addresses.remove(&address);
                }
            }
        }
        Ok(())
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

impl MemoryChat {
    fn keep(&self, to: &str, text: &str) -> Result<(), SendError> {
        let mut state = self.0.lock();
        let answer = state.post_answers.pop_front().flatten();
        if matches!(answer, None | Some(SendError::Unknown(_))) {
            state.posts.push((to.to_owned(), text.to_owned()));
        }
        answer.map_or(Ok(()), Err)
    }
}

#[async_trait]
impl TeamChat for MemoryChat {
    async fn post(&self, line: TeamLine<'_>, _reference: &str, text: &str) -> Result<(), SendError> {
        self.keep(line.address.expose(), text)
    }

    async fn upload(&self, token: &SecretString, channel: &str, file: &Attachment, comment: &str) -> Result<String, SendError> {
        self.keep(token.expose_secret(), comment)?;
        let mut state = self.0.lock();
        state.uploads.push((channel.to_owned(), file.clone()));
        Ok(format!("file-{}", state.uploads.len()))
    }
}

/// [`Texter`] in memory.
#[derive(Clone)]
pub struct MemoryTexts(pub(super) MemoryWorld);

#[async_trait]
impl Texter for MemoryTexts {
    async fn text(&self, account: Account<'_>, text: Text<'_>) -> Result<Taken, SendError> {
        let mut state = self.0.lock();
        let answer = state.text_answers.pop_front().flatten();
        let channel = match account {
            Account::Sms(_) => Channel::Sms,
            Account::Whatsapp(_) => Channel::Whatsapp,
            Account::Telegram(_) => Channel::Telegram,
            Account::Instagram(_) => Channel::Instagram,
            Account::Facebook(_) => Channel::Facebook,
            Account::Push(_) => Channel::Push,
        };
        if answer.is_none() || matches!(answer, Some(SendError::Unknown(_))) {
            state.texts.push((channel, text.to.to_owned(), text.text.to_owned()));
        }
        if let Some(why) = answer {
            return Err(why);
        }
        // As WhatsApp does with numbers of Mexico.
        let known_as = text.to.strip_prefix("+52").filter(|_| channel == Channel::Whatsapp).map(|number| format!("521{number}"));
        Ok(Taken { id: format!("text-{}", state.texts.len()), known_as })
    }
}
