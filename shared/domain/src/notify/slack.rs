//! What the team reads in Slack, as mrkdwn. Everything a customer or a caller typed is escaped, so a name
//! cannot ping a channel, forge a link or start a second line.

use crate::email::Email;
use crate::order::Label;
use jiff::civil::Date;

/// Longest foreign text in one line, in characters.
const SHOWN_CHARS_MAX: usize = 80;

/// The two lines about one order:
/// `:warning: *ORDER DELAYED* | #1001 | Delayed | ETA: 2025-08-10` and
/// `Customer: John Smith <mailto:john@x.io|john@x.io>`.
pub fn slack_order_line(order_id: &str, customer: &str, email: Option<&Email>, label: Label, eta: Option<Date>) -> String {
    let word = label.text();
    let head = match word {
        _ if word.contains("Delayed") => ":warning: *ORDER DELAYED*",
        _ if word.contains("Shipped") || word.contains("In Transit") => ":truck: *ORDER UPDATE*",
        _ => ":information_source: *ORDER STATUS*",
    };
    let eta = eta.map_or_else(|| "n/a".to_owned(), |eta| eta.to_string());
    let customer = shown(customer).unwrap_or_else(|| "n/a".to_owned());
    let link = email.map(mail_link).unwrap_or_default();
    let order = shown(order_id).unwrap_or_else(|| "n/a".to_owned());
    format!("{head} | #{order} | {word} | ETA: {eta}\nCustomer: {customer}{link}")
}

/// Slack ends the target of a link at the first `|`, which an address may hold.
fn mail_link(email: &Email) -> String {
    let address = escape(email.expose());
    format!(" <mailto:{}|{address}>", address.replace('|', "%7C"))
}

/// What the team reads of orders that came to need a person: how many, and the first of them with why.
/// `waiting` is how many there are in all.
pub fn slack_attention<'a>(new: u64, waiting: u64, orders: impl ExactSizeIterator<Item = (&'a str, &'a [String])>) -> String {
    let (needs, named) = (if new == 1 { "order needs" } else { "orders need" }, orders.len() as u64);
    let mut text = format!(":eyes: *{new} more {needs} a person* ({waiting} in all)");
    for (order, reasons) in orders {
        let order = shown(order).unwrap_or_else(|| "n/a".to_owned());
        text.push_str(&format!("\n• #{order}: {}", reasons.join("; ")));
    }
    if new > named {
        text.push_str(&format!("\n… and {} more", new - named));
    }
    text
}

/// What the team reads when a status update could not be used. The address arrives masked already.
pub fn slack_invalid_payload(order_id: Option<&str>, status: Option<&str>, email_masked: Option<&str>) -> String {
    let or_missing = |text: Option<&str>| text.and_then(shown).unwrap_or_else(|| "missing".to_owned());
    format!(
        "*Invalid payload in Order Status*\n• OrderID: {}\n• Status: {}\n• Email: {}",
        or_missing(order_id),
        or_missing(status),
        or_missing(email_masked)
    )
}

/// Longest fault of an event that the team's channel shows, in characters, and how many of them.
const FAULT_CHARS_MAX: usize = 160;
const FAULTS_MAX: usize = 5;

/// What the team reads when an event of a warehouse's or a carrier's could not be used, and why.
pub fn slack_invalid_event(order_id: Option<&str>, kind: Option<&str>, faults: &[String]) -> String {
    let or_missing = |text: Option<&str>| text.and_then(shown).unwrap_or_else(|| "missing".to_owned());
    let mut text = format!("*An event was refused*\n• Order: {}\n• Event: {}", or_missing(order_id), or_missing(kind));
    for fault in faults.iter().take(FAULTS_MAX) {
        text.push_str(&format!("\n• {}", escape(&super::email::one_line(fault, FAULT_CHARS_MAX))));
    }
    text
}

/// `&`, `<` and `>` as Slack wants them: without them no mention, link or channel ping can be written.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// One escaped line of foreign text without control and direction characters, or `None` when
/// nothing is left.
fn shown(text: &str) -> Option<String> {
    let line = super::email::one_line(text, SHOWN_CHARS_MAX);
    (!line.is_empty()).then(|| escape(&line))
}

/// Longest part of a customer's word that the team's channel shows, in characters.
const REPLY_CHARS_MAX: usize = 500;

/// A customer has written back.
pub fn slack_reply(order: &str, by: &str, said: &str) -> String {
    let shown: String = said.chars().take(REPLY_CHARS_MAX).collect();
    format!(":speech_balloon: *Order {}*: the customer wrote by {}\n>{}", escape(order), escape(by), escape(&shown).replace('\n', "\n>"))
}

/// Little is left of something.
pub fn slack_stock(sku: &str, location: &str, available: i64, limit: u32, reorder: bool) -> String {
    let (sku, location) = (escape(sku), escape(location));
    let left = if available == 1 { "1 piece is".to_owned() } else { format!("{available} pieces are") };
    if reorder {
        format!(":rotating_light: *Reorder {sku}*: {left} left at {location}, {limit} or fewer are to be reordered")
    } else {
        format!(":package: *{sku} is low*: {left} left at {location}, {limit} or fewer are few")
    }
}

/// A rule has drafted an order with a supplier.
pub fn slack_draft(purchase: &str, location: &str) -> String {
    let (purchase, location) = (escape(purchase), escape(location));
    format!(":memo: *Purchase order {purchase}* for {location} is drafted: look through its lines and approve it, or cancel it")
}

/// A count has found less than is promised.
pub fn slack_count(reference: &str, missing: u64) -> String {
    let pieces = if missing == 1 { "1 piece that is".to_owned() } else { format!("{missing} pieces that are") };
    format!(":rotating_light: *Count {}*: {pieces} promised to orders could not be found; decide who goes without", escape(reference))
}

/// A person has to decide something about an order: for the first time, or still, though its time is up.
pub fn slack_review(order: &str, kind: &str, total: &str, due: &str, overdue: bool) -> String {
    let (order, kind, total) = (escape(order), escape(&kind.replace('_', " ").to_lowercase()), escape(total));
    if overdue {
        format!(":rotating_light: *Order {order}*: its {kind} review was due at {due}, and nobody has decided it")
    } else {
        format!(":mag: *Order {order}* ({total}) waits for a {kind} review, due at {due}")
    }
}

/// Something is wrong with an order that nobody has taken on, or not for too long.
pub fn slack_exceptions(order: &str, lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
    format!(":rotating_light: *Order {}*\n{}", escape(order), lines.join("\n"))
}

/// An order's way has ended where only a person can help.
pub fn slack_stuck(order: &str) -> String {
    format!(":rotating_light: *Order {}*: a person has to take over; its page says why", escape(order))
}

/// An order came to nothing because nobody has paid it.
pub fn slack_unpaid(order: &str, amount: &str, tries: u32, code: Option<&str>) -> String {
    let tried = match tries {
        0 => "nobody tried to pay it".to_owned(),
        1 => "one try".to_owned(),
        more => format!("{more} tries"),
    };
    let why = code.map(|code| format!(", last: {}", escape(code))).unwrap_or_default();
    format!(":money_with_wings: *Order {}* ({}) was not paid in time and is called off: {tried}{why}", escape(order), escape(amount))
}

/// No label can be had for a parcel, or one cannot be given back.
pub fn slack_label(order: &str, parcel: &str, bought: bool, why: &str) -> String {
    let what = if bought { "a label that nobody needs cannot be given back" } else { "no label can be bought" };
    format!(":package: *Order {}*, parcel {}: {what}: {}", escape(order), escape(parcel), escape(why))
}

/// An endpoint of the shop's is told nothing more.
pub fn slack_webhook_off(endpoint: &str, description: &str, is_gone: bool) -> String {
    let why = if is_gone { "it answered that it is gone (410)" } else { "it has taken nothing for five days" };
    let what = if description.is_empty() { endpoint.to_owned() } else { format!("{description} ({endpoint})") };
    format!(
        ":electric_plug: *Webhook switched off*: {} is told nothing more, because {why}. Mend it, switch it on, and replay what it has missed",
        escape(&what)
    )
}

/// Somebody wants to send something back.
pub fn slack_return(order: &str, name: &str, kind: &str, what: &str) -> String {
    format!(":package: *Order {}*: return {} for {}: {}", escape(order), escape(name), escape(kind), escape(what))
}

/// Money went back, or is contested, without our asking.
pub fn slack_returned(order: &str, provider: &str, what: &str, amount: &str) -> String {
    let sign = if what == "dispute" || what == "dispute lost" { ":rotating_light:" } else { ":leftwards_arrow_with_hook:" };
    format!("{sign} *Order {}*: {} reports a {} of {}", escape(order), escape(provider), escape(what), escape(amount))
}

/// Somebody has written who was written to about no order. Their words stay where they can be forgotten.
pub fn slack_stranger(from: &str, by: &str) -> String {
    format!(
        ":speech_balloon: *No order*: {} wrote by {} and was written to about no order. What they wrote waits in the inbox (`GET /v1/inbox`)",
        escape(from),
        escape(by)
    )
}

/// A shop system passes on what a customer wishes to become of their data, and a person has to see to it.
pub fn slack_privacy(what: &str) -> String {
    format!(":bust_in_silhouette: *Privacy*: {} (it waits in the inbox, `GET /v1/inbox`)", escape(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    // req: S0-28
    #[test]
    fn golden_order_lines() {
        let eta = Some(date(2025, 8, 10));
        let email = |text: &str| Email::parse(text).unwrap();
        let (john, maria) = (email("john.smith@example.com"), email("maria.garcia@example.com"));
        let cases = [
            (
                slack_order_line("1001", "John Smith", Some(&john), Label::Delayed, eta),
                ":warning: *ORDER DELAYED* | #1001 | Delayed | ETA: 2025-08-10\n\
                 Customer: John Smith <mailto:john.smith@example.com|john.smith@example.com>",
            ),
            (
                slack_order_line("1002", "John Smith", Some(&john), Label::Shipped, eta),
                ":truck: *ORDER UPDATE* | #1002 | Shipped | ETA: 2025-08-10\n\
                 Customer: John Smith <mailto:john.smith@example.com|john.smith@example.com>",
            ),
            (
                slack_order_line("1005", "María García", Some(&maria), Label::InTransit, None),
                ":truck: *ORDER UPDATE* | #1005 | In Transit | ETA: n/a\n\
                 Customer: María García <mailto:maria.garcia@example.com|maria.garcia@example.com>",
            ),
            (
                slack_order_line("1003", "John Smith", Some(&john), Label::Delivered, eta),
                ":information_source: *ORDER STATUS* | #1003 | Delivered | ETA: 2025-08-10\n\
                 Customer: John Smith <mailto:john.smith@example.com|john.smith@example.com>",
            ),
            (
                slack_order_line("1012", "Ann", Some(&email("a|b&c@x.io")), Label::Received, None),
                ":information_source: *ORDER STATUS* | #1012 | Received | ETA: n/a\n\
                 Customer: Ann <mailto:a%7Cb&amp;c@x.io|a|b&amp;c@x.io>",
            ),
            (
                slack_order_line("1011", "Seán O'Brien", None, Label::Received, None),
                ":information_source: *ORDER STATUS* | #1011 | Received | ETA: n/a\nCustomer: Seán O'Brien",
            ),
            (
                slack_order_line("1004", "<!channel> & <https://evil.example|Anna>\n*fake*", None, Label::PartlyShipped, eta),
                ":truck: *ORDER UPDATE* | #1004 | Partly Shipped | ETA: 2025-08-10\n\
                 Customer: &lt;!channel&gt; &amp; &lt;https://evil.example|Anna&gt; *fake*",
            ),
        ];
        for (line, golden) in cases {
            assert_eq!(line, golden);
        }
    }

    // req: S2-50, S2-52
    #[test]
    fn what_is_said_of_money() {
        assert_eq!(
            slack_unpaid("1001", "50.00 EUR", 4, Some("insufficient_funds")),
            ":money_with_wings: *Order 1001* (50.00 EUR) was not paid in time and is called off: 4 tries, last: insufficient_funds"
        );
        assert_eq!(
            slack_label("1001", "p1", false, "UPS: <no>"),
            ":package: *Order 1001*, parcel p1: no label can be bought: UPS: &lt;no&gt;"
        );
        assert!(slack_unpaid("1001", "50.00 EUR", 0, None).ends_with("nobody tried to pay it"));
        assert_eq!(
            slack_returned("1001", "Stripe", "dispute", "50.00 EUR"),
            ":rotating_light: *Order 1001*: Stripe reports a dispute of 50.00 EUR"
        );
    }

    // req: S0-28
    #[test]
    fn a_name_of_nothing_is_shown_as_such_and_a_long_one_is_cut() {
        assert!(slack_order_line("1", " \n\u{200b}", None, Label::Received, None).ends_with("\nCustomer: n/a"));
        let line = slack_order_line("1", &"x".repeat(10_000), None, Label::Received, None);
        assert!(line.len() < 200 && line.ends_with('…'), "{line}");
    }

    // req: S4-14
    #[test]
    fn a_refused_event_says_why() {
        assert_eq!(
            slack_invalid_event(Some("1001"), Some("delivered"), &["event_id: wms has told <something> else".to_owned()]),
            "*An event was refused*\n• Order: 1001\n• Event: delivered\n• event_id: wms has told &lt;something&gt; else"
        );
        assert_eq!(slack_invalid_event(None, None, &[]), "*An event was refused*\n• Order: missing\n• Event: missing");
    }

    // req: S0-29
    #[test]
    fn an_invalid_payload_says_what_was_missing() {
        assert_eq!(
            slack_invalid_payload(None, Some(""), None),
            "*Invalid payload in Order Status*\n• OrderID: missing\n• Status: missing\n• Email: missing"
        );
        assert_eq!(
            slack_invalid_payload(Some("1001"), Some("<!here> Delayed\nx"), Some(&crate::pii::mask_email("john@x.io"))),
            "*Invalid payload in Order Status*\n• OrderID: 1001\n• Status: &lt;!here&gt; Delayed x\n• Email: j***@x.io"
        );
    }
}
