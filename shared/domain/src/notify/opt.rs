//! Words by which customers say that they want no more messages, or want them again.

use super::Channel;

/// What a customer wants of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// No more messages on this channel.
    Stop,
    /// Messages again.
    Start,
}

/// Words that stop everywhere.
const STOP: [&str; 9] = ["stop", "stopall", "unsubscribe", "wypisz", "baja", "arret", "arr\u{ea}t", "stopp", "abmelden"];
/// Words that stop text messages, as the networks have it. In a chat they may be about the order.
const STOP_SMS: [&str; 6] = ["cancel", "end", "quit", "optout", "revoke", "opt-out"];
const START: [&str; 2] = ["start", "unstop"];

/// What a message asks for, if it is nothing but such a word.
pub fn wish(channel: Channel, text: &str) -> Option<Wish> {
    let word = text.trim().trim_matches(|c: char| c.is_ascii_punctuation()).to_lowercase();
    let word = word.as_str();
    if STOP.contains(&word) || (channel == Channel::Sms && STOP_SMS.contains(&word)) {
        Some(Wish::Stop)
    } else if START.contains(&word) {
        Some(Wish::Start)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S1-30
    #[test]
    fn one_word_and_nothing_else() {
        for text in ["STOP", " stop. ", "Unsubscribe", "WYPISZ", "Arrêt", "\"STOP\""] {
            assert_eq!(wish(Channel::Whatsapp, text), Some(Wish::Stop), "{text}");
        }
        assert_eq!(wish(Channel::Sms, "CANCEL"), Some(Wish::Stop));
        for (channel, text) in [
            (Channel::Whatsapp, "cancel"),
            (Channel::Sms, "please stop by the shop"),
            (Channel::Sms, "non-stop"),
            (Channel::Sms, ""),
            (Channel::Sms, "!!!"),
        ] {
            assert_eq!(wish(channel, text), None, "{text}");
        }
        assert_eq!(wish(Channel::Sms, "Start"), Some(Wish::Start));
    }
}
