//! Short messages: text messages, chats and pushes, each in the tone of its platform and within its length.
//!
//! Nothing here promises: a day is said only if it is known, a link only if there is one, and a link is never cut.

use super::email::plain_name;
use super::gsm::is_gsm;
use super::{Channel, MessageKind, Milestone, Run, Tongue};
use crate::order::Label;
use jiff::civil::Date;
use unicode_segmentation::UnicodeSegmentation;

/// How a platform speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// Few words, no emoji, signed: text messages.
    Concise,
    /// As to a friend: WhatsApp.
    Casual,
    /// Friendly and colourful: Instagram, Messenger, Telegram, pushes.
    Bright,
}

impl Channel {
    /// How it speaks; none where messages are letters, or for teams.
    pub const fn voice(self) -> Option<Voice> {
        match self {
            Channel::Sms => Some(Voice::Concise),
            Channel::Whatsapp => Some(Voice::Casual),
            Channel::Instagram | Channel::Facebook | Channel::Telegram | Channel::Push => Some(Voice::Bright),
            Channel::Email | Channel::Slack | Channel::Discord | Channel::Webhook => None,
        }
    }

    /// Longest text it is given, in characters as people count them.
    pub const fn chars_max(self) -> usize {
        match self {
            Channel::Sms | Channel::Whatsapp => 150,
            _ => 200,
        }
    }
}

/// Everything a short message may state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortFacts {
    /// The order number, without `#`.
    pub order_id: String,
    /// The customer's name, as they typed it.
    pub customer: Option<String>,
    /// Where the order stands.
    pub label: Label,
    /// The day it leaves, if that is known.
    pub ships_on: Option<Date>,
    /// The promised day.
    pub eta: Option<Date>,
    /// Today, where the shop is.
    pub today: Date,
    /// Where it can be followed, or where the customer says how it was.
    pub link: Option<String>,
    /// Who writes.
    pub shop_name: String,
    /// Of an order that is run here.
    pub run: Option<Run>,
}

/// The words of one language.
struct Words {
    /// What a customer is called whose name cannot be said.
    there: &'static str,
    hi: [&'static str; 3],
    /// By kind: concise, and as to a friend.
    news: [(&'static str, &'static str); KINDS],
    ships_tomorrow: &'static str,
    due: &'static str,
    track: &'static str,
    rate: &'static str,
    total: &'static str,
    back: &'static str,
}

const KINDS: usize = 8;

const fn place(kind: MessageKind) -> usize {
    match kind {
        MessageKind::Status | MessageKind::Custom => 0,
        MessageKind::Confirmation => 1,
        MessageKind::Processing => 2,
        MessageKind::Shipped => 3,
        MessageKind::Delivered => 4,
        MessageKind::Delay => 5,
        MessageKind::FollowUp => 6,
        MessageKind::Changed => 7,
    }
}

/// Greeting and closing emoji of a kind on a platform that has them.
const fn emoji(voice: Voice, kind: MessageKind) -> (&'static str, &'static str) {
    match (voice, kind) {
        (Voice::Concise, _) => ("", ""),
        (Voice::Casual, MessageKind::Delivered) => ("👋", "✨"),
        (Voice::Casual, MessageKind::Shipped) => ("👋", "🚚"),
        (Voice::Casual, MessageKind::Delay) => ("👋", "🙏"),
        (Voice::Casual, MessageKind::FollowUp) => ("👋", "💬"),
        (Voice::Casual, _) => ("👋", "📦"),
        (Voice::Bright, MessageKind::Shipped | MessageKind::Delivered) => ("🎉", "💙"),
        (Voice::Bright, MessageKind::Delay) => ("🙏", "💙"),
        (Voice::Bright, MessageKind::FollowUp) => ("💬", "💙"),
        (Voice::Bright, _) => ("✨", "💙"),
    }
}

/// Is this good news, to be cheered?
const fn cheers(kind: MessageKind) -> bool {
    matches!(kind, MessageKind::Shipped | MessageKind::Delivered)
}

#[rustfmt::skip]
const fn words(tongue: Tongue) -> &'static Words {
    match tongue {
        Tongue::En => &Words {
            there: "there", hi: ["Hi", "Hey", "Yay"],
            news: [("Order #{n}: {s}", "News of your order #{n}: {s}"), ("Order #{n} received", "We have your order #{n}"),
                   ("Order #{n} processing", "Your order #{n} is being prepared"), ("Order #{n} on its way", "Your order #{n} is on its way"),
                   ("Order #{n} delivered. Thank you", "Your order #{n} is there. Thank you"), ("Order #{n} is late, sorry", "Sorry, your order #{n} takes longer"),
                   ("How was order #{n}? We'd love to hear", "How was your order #{n}? We'd love to hear"),
                   ("Part of order #{n} is called off", "A part of your order #{n} is called off")],
            ships_tomorrow: "Ships tomorrow", due: "Due {d}", track: "Track: {l}", rate: "Tell us: {l}", total: "Total {a}", back: "{a} sent back",
        },
        Tongue::Pl => &Words {
            there: "Kliencie", hi: ["Dzień dobry", "Hej", "Hurra"],
            news: [("Zamówienie #{n}: {s}", "Nowości o zamówieniu #{n}: {s}"), ("Zamówienie #{n} przyjęte", "Mamy Twoje zamówienie #{n}"),
                   ("Zamówienie #{n} w przygotowaniu", "Przygotowujemy Twoje zamówienie #{n}"), ("Zamówienie #{n} w drodze", "Twoje zamówienie #{n} jest w drodze"),
                   ("Zamówienie #{n} doręczone. Dziękujemy", "Twoje zamówienie #{n} dotarło. Dziękujemy"), ("Zamówienie #{n} się spóźni, przepraszamy", "Przepraszamy, zamówienie #{n} potrwa dłużej"),
                   ("Jak zamówienie #{n}? Chętnie poznamy opinię", "Jak podobało się zamówienie #{n}? Chętnie poznamy opinię"),
                   ("Część zamówienia #{n} anulowana", "Część Twojego zamówienia #{n} została anulowana")],
            ships_tomorrow: "Wysyłka jutro", due: "Termin {d}", track: "Śledź: {l}", rate: "Oceń: {l}", total: "Suma {a}", back: "Zwrócono {a}",
        },
        Tongue::Es => &Words {
            there: "cliente", hi: ["Hola", "Hola", "Genial"],
            news: [("Pedido #{n}: {s}", "Novedades de tu pedido #{n}: {s}"), ("Pedido #{n} recibido", "Tenemos tu pedido #{n}"),
                   ("Pedido #{n} en preparación", "Estamos preparando tu pedido #{n}"), ("Pedido #{n} en camino", "Tu pedido #{n} está en camino"),
                   ("Pedido #{n} entregado. Gracias", "Tu pedido #{n} ha llegado. Gracias"), ("El pedido #{n} se retrasa, perdona", "Perdona, tu pedido #{n} tarda más"),
                   ("¿Qué tal el pedido #{n}? Cuéntanos", "¿Qué tal tu pedido #{n}? Nos encantaría saberlo"),
                   ("Parte del pedido #{n} cancelada", "Hemos cancelado una parte de tu pedido #{n}")],
            ships_tomorrow: "Sale mañana", due: "Llega el {d}", track: "Sigue: {l}", rate: "Opina: {l}", total: "Total {a}", back: "Devueltos {a}",
        },
        Tongue::Fr => &Words {
            there: "vous", hi: ["Bonjour", "Coucou", "Super"],
            news: [("Commande #{n} : {s}", "Des nouvelles de votre commande #{n} : {s}"), ("Commande #{n} reçue", "Nous avons votre commande #{n}"),
                   ("Commande #{n} en préparation", "Votre commande #{n} est en préparation"), ("Commande #{n} en route", "Votre commande #{n} est en route"),
                   ("Commande #{n} livrée. Merci", "Votre commande #{n} est arrivée. Merci"), ("Commande #{n} en retard, désolés", "Désolés, votre commande #{n} prend du retard"),
                   ("Alors, la commande #{n} ? Dites-nous tout", "Comment était votre commande #{n} ? Dites-nous tout"),
                   ("Commande #{n} annulée en partie", "Une partie de votre commande #{n} est annulée")],
            ships_tomorrow: "Départ demain", due: "Prévue le {d}", track: "Suivi : {l}", rate: "Votre avis : {l}", total: "Total {a}", back: "{a} remboursés",
        },
        Tongue::De => &Words {
            there: "zusammen", hi: ["Hallo", "Hey", "Juhu"],
            news: [("Bestellung #{n}: {s}", "Neues zu deiner Bestellung #{n}: {s}"), ("Bestellung #{n} eingegangen", "Wir haben deine Bestellung #{n}"),
                   ("Bestellung #{n} in Arbeit", "Deine Bestellung #{n} wird vorbereitet"), ("Bestellung #{n} unterwegs", "Deine Bestellung #{n} ist unterwegs"),
                   ("Bestellung #{n} zugestellt. Danke", "Deine Bestellung #{n} ist da. Danke"), ("Bestellung #{n} verspätet sich, sorry", "Entschuldige, deine Bestellung #{n} dauert länger"),
                   ("Wie war Bestellung #{n}? Sag es uns", "Wie war deine Bestellung #{n}? Wir freuen uns über ein Wort"),
                   ("Bestellung #{n} zum Teil storniert", "Ein Teil deiner Bestellung #{n} ist storniert")],
            ships_tomorrow: "Versand morgen", due: "Ankunft {d}", track: "Verfolgen: {l}", rate: "Bewerten: {l}", total: "Gesamt {a}", back: "{a} erstattet",
        },
    }
}

/// A status that has no message of its own, as customers read it.
const fn state(label: Label, tongue: Tongue) -> &'static str {
    let row: [&'static str; 5] = match label {
        Label::OnHold => ["on hold", "wstrzymane", "en espera", "en attente", "angehalten"],
        Label::DeliveryFailed => ["could not be delivered", "niedoręczone", "no se pudo entregar", "non livrée", "nicht zugestellt"],
        Label::ReturnRequested => ["return requested", "zgłoszony zwrot", "devolución solicitada", "retour demandé", "Rückgabe angefragt"],
        Label::Returned => ["returned", "zwrócone", "devuelto", "retournée", "zurückgegeben"],
        Label::Cancelled => ["cancelled", "anulowane", "cancelado", "annulée", "storniert"],
        Label::Refunded => ["refunded", "pieniądze zwrócone", "reembolsado", "remboursée", "erstattet"],
        Label::Failed => ["could not be completed", "nie powiodło się", "no se pudo completar", "non aboutie", "nicht abgeschlossen"],
        _ => ["updated", "zaktualizowane", "actualizado", "mise à jour", "aktualisiert"],
    };
    row[tongue as usize]
}

/// The first name, if it is one.
fn first_name(name: &str) -> Option<String> {
    let first = plain_name(name)?.split(' ').next()?.to_owned();
    first.chars().any(char::is_alphabetic).then_some(first)
}

/// The message of a kind on a channel; none on a channel that has letters, or is for teams. `own` is what the shop says
/// itself: it is kept to the length, though never within a link, and nothing is added to it but greeting and signature.
pub fn short(channel: Channel, kind: MessageKind, facts: &ShortFacts, tongue: Tongue, own: Option<&str>) -> Option<String> {
    let (voice, words) = (channel.voice()?, words(tongue));
    let name = facts.customer.as_deref().and_then(first_name).unwrap_or_else(|| words.there.to_owned());
    let kind = kind.at(facts.label);
    let (hello, end) = emoji(voice, kind);
    let (stop, hi) = match voice {
        Voice::Concise => (".", words.hi[0]),
        Voice::Casual => ("!", words.hi[1]),
        Voice::Bright if cheers(kind) => ("!", words.hi[2]),
        Voice::Bright => ("!", words.hi[1]),
    };
    let mut parts = vec![join(&format!("{hi} {name}!"), hello)];
    let mut own_links = Vec::new();
    if let Some(own) = own {
        let is_link = |word: &&str| word.contains("://");
        let (links, words): (Vec<&str>, Vec<&str>) = own.split_whitespace().partition(is_link);
        if links.is_empty() || length(own) + length(&parts[0]) + length(&facts.shop_name) + 3 <= channel.chars_max() {
            parts.push(own.split_whitespace().collect::<Vec<_>>().join(" "));
        } else {
            // What has to be shortened is the words.
            parts.push(words.join(" "));
            own_links = links.into_iter().map(str::to_owned).collect();
        }
    } else {
        let (concise, warm) = words.news[place(kind)];
        let text = if voice == Voice::Casual { warm } else { concise };
        let text = text.replace("{n}", &plain(&facts.order_id)).replace("{s}", state(facts.label, tongue));
        parts.push(if text.ends_with(['?', '!', '.']) { text } else { text + stop });
        parts.extend(amount(kind, facts, words, tongue).map(|text| text + stop));
        parts.extend(day(kind, facts, words).map(|text| text + stop));
    }
    let label = if kind == MessageKind::FollowUp { words.rate } else { words.track };
    let link = facts.link.as_deref().filter(|_| matches!(kind, MessageKind::Shipped | MessageKind::FollowUp | MessageKind::Custom));
    let link = link.map(|link| label.replace("{l}", link));
    let signature = if voice == Voice::Concise { plain_name(&facts.shop_name).map(|shop| format!("-{shop}")) } else { None };
    // What may not be cut comes with what is left for the rest.
    let tail: Vec<String> = own_links.into_iter().chain(link).chain(signature).chain((!end.is_empty()).then(|| end.to_owned())).collect();
    // In the alphabet of phones there is no character for it, and one such character makes a text message three.
    let dots = if voice == Voice::Concise { "..." } else { "…" };
    Some(fit(&parts, &tail, channel.chars_max(), dots))
}

/// The plain templates: without a name, in English, for shops that want no more. None for a kind that has none.
pub fn seed(kind: MessageKind, link: Option<&str>) -> Option<String> {
    let tracked = link.map(|link| format!("Track: {link} ")).unwrap_or_default();
    Some(match kind {
        MessageKind::Confirmation => "Order received! We'll start soon! 📦".to_owned(),
        MessageKind::Processing => "We're preparing your order! 🎁".to_owned(),
        MessageKind::Shipped => format!("Your order shipped! {tracked}🚚"),
        MessageKind::Delivered => "Order delivered! Thank you! ✨".to_owned(),
        MessageKind::FollowUp => match link {
            Some(link) => format!("How was your order? We'd love to hear! 💬 {link}"),
            None => "How was your order? We'd love to hear! 💬".to_owned(),
        },
        MessageKind::Status | MessageKind::Delay | MessageKind::Changed | MessageKind::Custom => return None,
    })
}

/// What it costs, or what has gone back, of an order that is run here.
fn amount(kind: MessageKind, facts: &ShortFacts, words: &Words, tongue: Tongue) -> Option<String> {
    if kind == MessageKind::Changed {
        return facts.run.map(|run| words.total.replace("{a}", &tongue.money(run.total)));
    }
    let label = if kind == MessageKind::Confirmation { Label::Received } else { facts.label };
    let (text, amount) = match Milestone::at(label, facts.run)? {
        Milestone::Confirmed { total } => (words.total, total),
        Milestone::Refunded { amount } => (words.back, amount?),
        _ => return None,
    };
    Some(text.replace("{a}", &tongue.money(amount)))
}

fn day(kind: MessageKind, facts: &ShortFacts, words: &Words) -> Option<String> {
    let tomorrow = facts.today.tomorrow().ok();
    match kind {
        MessageKind::Confirmation | MessageKind::Processing if facts.ships_on.is_some() && facts.ships_on == tomorrow => {
            Some(words.ships_tomorrow.to_owned())
        }
        MessageKind::Shipped => facts.eta.filter(|eta| *eta >= facts.today).map(|eta| words.due.replace("{d}", &eta.to_string())),
        _ => None,
    }
}

fn join(text: &str, end: &str) -> String {
    if end.is_empty() { text.to_owned() } else { format!("{text} {end}") }
}

/// What may stand in an order number that is said.
fn plain(order: &str) -> String {
    order.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')).take(48).collect()
}

/// Characters as people count them.
pub fn length(text: &str) -> usize {
    text.graphemes(true).count()
}

/// The parts as long as they fit, the last of them cut between words if need be, and the tail whole. A tail that is too long by
/// itself is left out from its end.
fn fit(parts: &[String], tail: &[String], chars_max: usize, dots: &str) -> String {
    let mut tail = tail.to_vec();
    while !tail.is_empty() && length(&tail.join(" ")) > chars_max {
        tail.pop();
    }
    let ending = tail.join(" ");
    let mut room = chars_max - length(&ending);
    let mut text = String::new();
    for part in parts {
        let gap = usize::from(!text.is_empty());
        // A space before the tail, too.
        let after = usize::from(!ending.is_empty());
        let wanted = gap + length(part);
        if wanted + after <= room {
            if gap == 1 {
                text.push(' ');
            }
            text.push_str(part);
            room -= wanted;
            continue;
        }
        let left = room.saturating_sub(gap + after + length(dots));
        if left >= 12 {
            if gap == 1 {
                text.push(' ');
            }
            let cut: String = part.graphemes(true).take(left).collect();
            // Not within a word, unless it is one endless word.
            let end = cut.rfind(' ').filter(|at| at * 2 >= cut.len()).unwrap_or(cut.len());
            text.push_str(cut[..end].trim_end());
            text.push_str(dots);
        }
        break;
    }
    match (text.is_empty(), ending.is_empty()) {
        (true, _) => ending,
        (_, true) => text,
        _ => format!("{text} {ending}"),
    }
}

/// A text without the pictures that stand between its words.
pub fn without_emoji(text: &str) -> String {
    let is_picture = |word: &&str| word.chars().all(|c| c as u32 >= 0x2190);
    text.split(' ').filter(|word| !is_picture(word)).collect::<Vec<_>>().join(" ")
}

/// A text as a phone of any age shows it, if that loses nothing but accents and dashes: it is a third as long in parts.
pub fn gsm_only(text: &str) -> String {
    text.chars().map(|c| if is_gsm(c) { c } else { super::gsm::plainest(c) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Currency, Money};
    use crate::notify::gsm::{Alphabet, parts};
    use jiff::civil::date;
    use proptest::prelude::*;

    fn facts(label: Label) -> ShortFacts {
        ShortFacts {
            order_id: "12345".into(),
            customer: Some("Sarah Connor".into()),
            label,
            ships_on: None,
            eta: None,
            today: date(2025, 8, 9),
            link: None,
            shop_name: "Store".into(),
            run: None,
        }
    }

    fn of(channel: Channel, facts: &ShortFacts) -> String {
        short(channel, MessageKind::Status, facts, Tongue::En, None).unwrap()
    }

    const CHATS: [Channel; 6] = [Channel::Sms, Channel::Whatsapp, Channel::Instagram, Channel::Facebook, Channel::Telegram, Channel::Push];

    fn has_emoji(text: &str) -> bool {
        text.chars().any(|c| c as u32 > 0x2_000 && !matches!(c, '…' | '–' | '’' | '€'))
    }

    // req: S1-21, S1-23, S1-25
    #[test]
    fn golden() {
        let tomorrow = ShortFacts { ships_on: Some(date(2025, 8, 10)), ..facts(Label::Processing) };
        assert_eq!(of(Channel::Whatsapp, &tomorrow), "Hey Sarah! 👋 Your order #12345 is being prepared! Ships tomorrow! 📦");
        assert_eq!(of(Channel::Sms, &tomorrow), "Hi Sarah! Order #12345 processing. Ships tomorrow. -Store");
        let link = ShortFacts { link: Some("https://t.example/12345".into()), ..facts(Label::Shipped) };
        assert_eq!(of(Channel::Instagram, &link), "Yay Sarah! 🎉 Order #12345 on its way! Track: https://t.example/12345 💙");
        // Only what is so.
        let later = ShortFacts { ships_on: Some(date(2025, 8, 11)), ..tomorrow };
        assert_eq!(of(Channel::Sms, &later), "Hi Sarah! Order #12345 processing. -Store");
        let due = ShortFacts { eta: Some(date(2025, 8, 12)), ..facts(Label::InTransit) };
        assert_eq!(of(Channel::Sms, &due), "Hi Sarah! Order #12345 on its way. Due 2025-08-12. -Store");
        let past = ShortFacts { eta: Some(date(2025, 8, 8)), ..due };
        assert!(!of(Channel::Sms, &past).contains("2025"), "a day that is over is no promise");
        assert_eq!(of(Channel::Sms, &facts(Label::Cancelled)), "Hi Sarah! Order #12345: cancelled. -Store");
    }

    // req: S1-24
    #[test]
    fn the_plain_templates_are_the_documented_ones() {
        let said = |kind| seed(kind, None).unwrap_or_default();
        assert_eq!(said(MessageKind::Confirmation), "Order received! We'll start soon! 📦");
        assert_eq!(said(MessageKind::Delivered), "Order delivered! Thank you! ✨");
        assert_eq!(said(MessageKind::FollowUp), "How was your order? We'd love to hear! 💬");
        assert_eq!(seed(MessageKind::Shipped, Some("https://t.example/1")).unwrap(), "Your order shipped! Track: https://t.example/1 🚚");
        assert_eq!(seed(MessageKind::Custom, None), None);
    }

    // req: S1-21
    #[test]
    fn platform_rules() {
        for label in Label::ALL {
            for tongue in Tongue::ALL {
                for channel in CHATS {
                    let text = short(channel, MessageKind::Status, &facts(label), tongue, None).unwrap();
                    let text_message = channel == Channel::Sms;
                    assert_eq!(has_emoji(&text), !text_message, "{channel:?} {text}");
                    assert_eq!(text.ends_with("-Store"), text_message, "{channel:?} {text}");
                    assert!(text.contains("12345") && text.contains("Sarah"), "{text}");
                }
            }
        }
        for channel in [Channel::Email, Channel::Slack, Channel::Discord, Channel::Webhook] {
            assert_eq!(short(channel, MessageKind::Status, &facts(Label::Shipped), Tongue::En, None), None, "letters have their own");
        }
    }

    // req: S1-25
    #[test]
    fn name_fallback() {
        for name in [None, Some(""), Some("12345"), Some("www.evil.example"), Some("<b>x</b>"), Some("\u{202e}"), Some("evil.com")] {
            let nameless = ShortFacts { customer: name.map(str::to_owned), ..facts(Label::Received) };
            assert_eq!(of(Channel::Whatsapp, &nameless), "Hey there! 👋 We have your order #12345! 📦", "{name:?}");
        }
        let odd = ShortFacts { order_id: "1 <b>\r\n2".into(), shop_name: "http://x.example".into(), ..facts(Label::Received) };
        assert_eq!(of(Channel::Sms, &odd), "Hi Sarah! Order #1b2 received.");
    }

    // req: S1-22
    #[test]
    fn a_link_in_the_shops_own_words_is_never_cut() {
        let label = "https://returns.example/label/4711?token=0123456789abcdef";
        let own = format!("{} Print this label: {label} and stick it on the parcel.", "We are sorry that it does not fit. ".repeat(5));
        for channel in CHATS {
            let text = short(channel, MessageKind::Custom, &facts(Label::Delivered), Tongue::En, Some(&own)).unwrap();
            assert!(text.contains(label) && length(&text) <= channel.chars_max(), "{text}");
        }
        let sms = short(Channel::Sms, MessageKind::Custom, &facts(Label::Delivered), Tongue::En, Some(&own)).unwrap();
        assert_eq!(sms, format!("Hi Sarah! We are sorry that it does not fit. We are sorry that it does not fit.... {label} -Store"));
        assert_eq!((parts(&sms).alphabet, parts(&sms).parts), (Alphabet::Gsm7, 1));
        let brief =
            short(Channel::Sms, MessageKind::Custom, &facts(Label::Delivered), Tongue::En, Some("See https://x.example today")).unwrap();
        assert_eq!(brief, "Hi Sarah! See https://x.example today -Store");
    }

    /// Every language has words of its own for everything.
    // req: S1-35
    #[test]
    fn every_key_in_every_lang() {
        let kinds = [
            MessageKind::Status,
            MessageKind::Confirmation,
            MessageKind::Processing,
            MessageKind::Shipped,
            MessageKind::Delivered,
            MessageKind::Delay,
            MessageKind::FollowUp,
            MessageKind::Changed,
        ];
        for kind in kinds {
            let said = |tongue| short(Channel::Sms, kind, &facts(Label::Cancelled), tongue, None).unwrap();
            let all: std::collections::BTreeSet<String> = Tongue::ALL.into_iter().map(said).collect();
            assert_eq!(all.len(), 5, "{kind:?}: {all:?}");
        }
        for tongue in Tongue::ALL {
            let polished = gsm_only(&short(Channel::Sms, MessageKind::Delay, &facts(Label::Delayed), tongue, None).unwrap());
            assert_eq!((parts(&polished).alphabet, parts(&polished).parts), (Alphabet::Gsm7, 1), "{polished}");
        }
    }

    /// The four text messages of an order that is run here are one part each, in every language.
    // req: S2-71, S2-23
    #[test]
    fn text_messages_of_milestones_are_one_part() {
        let money = |minor| Money { minor, currency: Currency::parse("EUR").unwrap() };
        let run = Some(Run { total: money(5_998), is_paid: true, refunded: money(5_998), waits_for_stock: false });
        let link = Some("https://shop.example/v1/track/demo/12345/AbCdEfGh".to_owned());
        let mut english = Vec::new();
        for tongue in Tongue::ALL {
            for label in [Label::Received, Label::Shipped, Label::Delivered, Label::Refunded] {
                let facts = ShortFacts { run, link: link.clone(), ..facts(label) };
                let text = gsm_only(&without_emoji(&short(Channel::Sms, MessageKind::Status, &facts, tongue, None).unwrap()));
                assert_eq!((parts(&text).alphabet, parts(&text).parts), (Alphabet::Gsm7, 1), "{text}");
                assert_eq!(
                    text.contains("59,98 EUR"),
                    tongue != Tongue::En && matches!(label, Label::Received | Label::Refunded),
                    "{text}"
                );
                assert_eq!(text.contains("https://shop.example/"), label == Label::Shipped, "{text}");
                if tongue == Tongue::En {
                    english.push(text);
                }
            }
        }
        assert_eq!(
            english,
            [
                "Hi Sarah! Order #12345 received. Total 59.98 EUR. -Store",
                "Hi Sarah! Order #12345 on its way. Track: https://shop.example/v1/track/demo/12345/AbCdEfGh -Store",
                "Hi Sarah! Order #12345 delivered. Thank you. -Store",
                "Hi Sarah! Order #12345: refunded. 59.98 EUR sent back. -Store",
            ]
        );
        // Asked for later, a confirmation still says what it costs.
        let later = ShortFacts { run, ..facts(Label::Shipped) };
        assert!(short(Channel::Sms, MessageKind::Confirmation, &later, Tongue::En, None).unwrap().contains("Total 59.98 EUR"));
    }

    proptest! {
        // req: S1-22
        #[test]
        fn length_caps(
            name in ".{0,80}", shop in ".{0,80}", order in "[A-Za-z0-9-]{1,48}", own in prop::option::of(".{0,400}"),
            link in prop::option::of("https://[a-z]{1,20}\\.example/[a-zA-Z0-9/]{0,120}"), label in 0usize..18, tongue in 0usize..5, kind in 0usize..9,
        ) {
            let kinds = [MessageKind::Status, MessageKind::Confirmation, MessageKind::Processing, MessageKind::Shipped,
                         MessageKind::Delivered, MessageKind::Delay, MessageKind::Custom, MessageKind::FollowUp, MessageKind::Changed];
            let facts = ShortFacts { order_id: order, customer: Some(name), shop_name: shop, link: link.clone(), ..facts(Label::ALL[label]) };
            for channel in CHATS {
                let text = short(channel, kinds[kind], &facts, Tongue::ALL[tongue], own.as_deref()).unwrap();
                prop_assert!(length(&text) <= channel.chars_max(), "{} of {}: {text}", length(&text), channel.chars_max());
                prop_assert!(!text.is_empty() && !text.contains('\n'));
                // A link is there whole, or not at all.
                if let Some(link) = link.as_deref().filter(|_| text.contains("https://") && own.is_none()) {
                    prop_assert!(text.contains(link), "{text}");
                }
                if channel == Channel::Sms && own.is_none() {
                    prop_assert!(!text.contains('…'), "{text}");
                }
            }
        }
    }
}
