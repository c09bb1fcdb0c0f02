//! Where a message goes and in which tone.

use crate::ask::is_delayed;
use crate::ids::OrderId;
use crate::order::Label;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A way to reach somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// E-mail.
    Email,
    /// The team's Slack channel.
    Slack,
    /// Text message.
    Sms,
    /// WhatsApp.
    Whatsapp,
    /// Telegram.
    Telegram,
    /// Instagram direct message.
    Instagram,
    /// Facebook Messenger.
    Facebook,
    /// The team's Discord channel.
    Discord,
    /// Push notification.
    Push,
    /// The shop's own endpoint.
    Webhook,
}

/// Who reads a channel: decides what may be said on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The person who ordered. Consent applies.
    Customer,
    /// The people, or the systems, that handle the order.
    Team,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Channel; 10] = [
        Channel::Email,
        Channel::Slack,
        Channel::Sms,
        Channel::Whatsapp,
        Channel::Telegram,
        Channel::Instagram,
        Channel::Facebook,
        Channel::Discord,
        Channel::Push,
        Channel::Webhook,
    ];

    /// The name in keys, settings and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Slack => "slack",
            Channel::Sms => "sms",
            Channel::Whatsapp => "whatsapp",
            Channel::Telegram => "telegram",
            Channel::Instagram => "instagram",
            Channel::Facebook => "facebook",
            Channel::Discord => "discord",
            Channel::Push => "push",
            Channel::Webhook => "webhook",
        }
    }

    /// The name as people write it.
    pub const fn title(self) -> &'static str {
        match self {
            Channel::Email => "e-mail",
            Channel::Slack => "Slack",
            Channel::Sms => "SMS",
            Channel::Whatsapp => "WhatsApp",
            Channel::Telegram => "Telegram",
            Channel::Instagram => "Instagram",
            Channel::Facebook => "Messenger",
            Channel::Discord => "Discord",
            Channel::Push => "push",
            Channel::Webhook => "webhook",
        }
    }

    /// A channel on which customers are written to, by name.
    pub fn of_customer(name: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.name() == name && channel.audience() == Audience::Customer)
    }

    /// Who reads it.
    pub const fn audience(self) -> Audience {
        match self {
            Channel::Slack | Channel::Discord | Channel::Webhook => Audience::Team,
            Channel::Email
            | Channel::Sms
            | Channel::Whatsapp
            | Channel::Telegram
            | Channel::Instagram
            | Channel::Facebook
            | Channel::Push => Audience::Customer,
        }
    }
}

/// How a message sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Sorry, with understanding: the order is late.
    Apologetic,
    /// Glad, with thanks for the patience: it is on its way.
    Happy,
    /// Plain.
    Neutral,
}

impl Tone {
    /// From the derived state, not from the word alone: "Shipped" whose promised day has passed is late.
    pub fn of(label: Label, eta: Option<Date>, today: Date) -> Tone {
        if is_delayed(label, eta, today) {
            return Tone::Apologetic;
        }
        match label {
            Label::PartlyShipped | Label::Shipped | Label::InTransit | Label::OutForDelivery => Tone::Happy,
            _ => Tone::Neutral,
        }
    }
}

/// Whether a label is news to those who were last told `before`; the first one always is.
pub fn is_news(before: Option<Label>, now: Label) -> bool {
    before != Some(now)
}

/// What one message is claimed under before it is sent: one event of one order on one channel.
pub fn intent_key(order: &OrderId, sequence: u64, channel: Channel) -> String {
    format!("{order}#{sequence}#{}", channel.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use std::collections::BTreeSet;

    // req: S0-26
    #[test]
    fn tone_matrix() {
        let today = date(2025, 8, 9);
        let (past, ahead) = (Some(date(2025, 8, 8)), Some(date(2025, 8, 10)));
        let table = [
            (Label::Delayed, ahead, Tone::Apologetic),
            (Label::Delayed, None, Tone::Apologetic),
            (Label::Shipped, ahead, Tone::Happy),
            (Label::Shipped, Some(today), Tone::Happy),
            (Label::Shipped, None, Tone::Happy),
            (Label::Shipped, past, Tone::Apologetic),
            (Label::InTransit, ahead, Tone::Happy),
            (Label::InTransit, past, Tone::Apologetic),
            (Label::OutForDelivery, past, Tone::Apologetic),
            (Label::Received, ahead, Tone::Neutral),
            (Label::Received, past, Tone::Apologetic),
            (Label::Processing, None, Tone::Neutral),
            (Label::Delivered, past, Tone::Neutral),
            (Label::Completed, past, Tone::Neutral),
            (Label::Cancelled, past, Tone::Neutral),
            (Label::Returned, past, Tone::Neutral),
        ];
        for (label, eta, tone) in table {
            assert_eq!(Tone::of(label, eta, today), tone, "{label:?} {eta:?}");
        }
    }

    // req: S0-30
    #[test]
    fn dedupe() {
        assert!(is_news(None, Label::Received) && is_news(Some(Label::Shipped), Label::Delayed));
        assert!(!is_news(Some(Label::Delayed), Label::Delayed));
        let order = OrderId::parse("1001").unwrap();
        assert_eq!(intent_key(&order, 7, Channel::Email), "1001#7#email");
        let keys: BTreeSet<String> =
            Channel::ALL.iter().flat_map(|channel| (0..3).map(|sequence| intent_key(&order, sequence, *channel))).collect();
        assert_eq!(keys.len(), 30, "no two intents share a key");
    }

    // req: S0-27 S0-28
    #[test]
    fn every_channel_has_a_name_and_an_audience() {
        let team: Vec<&str> =
            Channel::ALL.iter().filter(|channel| channel.audience() == Audience::Team).map(|channel| channel.name()).collect();
        assert_eq!(team, ["slack", "discord", "webhook"]);
        for channel in Channel::ALL {
            assert_eq!(serde_json::to_string(&channel).unwrap(), format!("\"{}\"", channel.name()));
        }
    }
}
