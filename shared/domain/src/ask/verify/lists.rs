//! The words that carry a claim, folded (lower case, no diacritics). A trailing `*` matches any ending.

use crate::order::Label;

/// What a text can say about the state of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Received,
    Held,
    Preparing,
    Packed,
    PartlyShipped,
    Shipped,
    OnTheWay,
    InTransit,
    OutForDelivery,
    Pickup,
    Delayed,
    Attempted,
    Delivered,
    Completed,
    ReturnAsked,
    Returned,
    Cancelled,
    Refunded,
    Failed,
    /// Reasons, places and mishaps that no fact holds.
    Unknown,
}

/// Phrases and what they claim; an earlier phrase wins over a later one at the same place.
#[rustfmt::skip]
pub(super) const STATES: &[(State, &[&str])] = &[
    (State::Failed, &["could not be completed", "nie moglo zostac zrealizowane"]),
    (
        State::Attempted,
        &[
            "could not be handed over", "delivery attempt", "delivery failed", "failed delivery",
            "nie moglo zostac przekazane", "probie doreczenia", "proba doreczenia", "nieudan* dorecz*",
            "nieudan* prob*",
        ],
    ),
    (State::PartlyShipped, &["partly shipped", "partially shipped", "partial shipment", "czesciowo wyslan*"]),
    (State::Packed, &["ready to ship", "ready for dispatch", "packed", "spakowan*", "gotow* do wysylki"]),
    (State::OutForDelivery, &["out for delivery", "w doreczeniu", "wydan* do doreczenia"]),
    (State::Pickup, &["ready for pickup", "ready for pick up", "ready for collection", "ready to collect", "gotow* do odbioru"]),
    (
        State::Preparing,
        &[
            "processing", "processed", "being prepared", "being processed", "in preparation", "preparing",
            "w przygotowaniu", "w realizacji", "przetwarzan*",
        ],
    ),
    (State::Held, &["on hold", "paused", "wstrzyman*"]),
    (State::InTransit, &["in transit", "w transporcie"]),
    (State::OnTheWay, &["on its way", "on the way", "en route", "w drodze"]),
    (State::Refunded, &["refunded", "zwrocon* srodk*", "zwrocon* pieniadz*"]),
    (State::ReturnAsked, &["return request*", "zgloszenie zwrotu", "zgloszon* zwrot*"]),
    (State::Returned, &["returned", "came back", "sent back", "zwrocon*"]),
    (State::Shipped, &["shipped", "dispatched", "sent", "wyslan*", "nadan*", "posted"]),
    (State::Delayed, &["delay*", "late", "later", "overdue", "behind schedule", "opozni*", "spozni*", "running behind"]),
    (State::Delivered, &["delivered", "arrived", "handed over", "dostarczon*", "doreczon*", "dotarl*", "doszl*"]),
    (State::Completed, &["completed", "complete", "finished", "zrealizowan*", "zakonczon*"]),
    (State::Cancelled, &["cancel*", "anulow*", "voided"]),
    (State::Failed, &["failed", "nieudan*", "rejected", "declined", "odrzucon*"]),
    (State::Received, &["received", "przyjet*", "otrzyman*", "otrzymalismy"]),
    (
        State::Unknown,
        &[
            "lost", "damaged", "broken", "stolen", "seized", "customs", "missing", "destroyed", "returning",
            "intercepted", "rerouted", "misrouted", "stuck", "in stock", "out of stock", "backorder*", "weather",
            "strike*", "accident*", "traffic", "holiday*", "warehouse*", "depot*", "hub", "sorting", "due to",
            "because", "caused", "zagubion*", "uszkodzon*", "zagine*", "skradzion*", "celn*", "clo", "pogod*",
            "strajk*", "magazyn*", "sortown*", "z powodu", "poniewaz", "zaginion*",
        ],
    ),
];

/// What may be said of an order with this label.
pub(super) fn allowed(label: Label) -> &'static [State] {
    match label {
        Label::Received => &[State::Received],
        Label::OnHold => &[State::Held],
        Label::Processing => &[State::Preparing],
        Label::ReadyToShip => &[State::Packed],
        Label::PartlyShipped => &[State::PartlyShipped],
        Label::Shipped => &[State::Shipped, State::OnTheWay],
        Label::InTransit => &[State::InTransit, State::OnTheWay, State::Shipped],
        Label::OutForDelivery => &[State::OutForDelivery, State::OnTheWay, State::Shipped],
        Label::ReadyForPickup => &[State::Pickup],
        Label::Delayed => &[State::Delayed],
        Label::DeliveryFailed => &[State::Attempted],
        Label::Delivered => &[State::Delivered],
        Label::Completed => &[State::Completed],
        Label::ReturnRequested => &[State::ReturnAsked],
        Label::Returned => &[State::Returned],
        Label::Cancelled => &[State::Cancelled],
        Label::Refunded => &[State::Refunded],
        Label::Failed => &[State::Failed],
    }
}

/// Weekdays, relative days and spans of time. Months are recognised by [`crate::ask::spans::is_month`].
#[rustfmt::skip]
pub(super) const TIME: &[&str] = &[
    "monday*", "tuesday*", "wednesday*", "thursday*", "friday*", "saturday*", "sunday*", "mon", "tue", "tues", "wed",
    "thu", "thur", "thurs", "fri", "sat", "sun", "tonight", "weekend*", "midnight", "noon", "christmas", "easter",
    "soon", "shortly", "immediately", "asap", "momentarily", "within", "next", "day", "days", "hour*", "minute*",
    "week*", "month*", "year*", "fortnight", "morning", "afternoon", "evening", "overnight", "poniedzial*", "wtor*",
    "srod*", "czwart*", "piatek", "piatku", "piatkiem", "sobot*", "niedziel*", "pojutrze", "weekend*", "wkrotce",
    "niebawem", "niezwlocznie", "natychmiast", "w ciagu", "nastepn*", "przyszl*", "dzien", "dni", "dnia", "dniach",
    "godzin*", "minut*", "tydzien", "tygodni*", "miesiac*", "rano", "wieczor*", "poludni*", "swiet*", "dzisiejsz*",
    "jutrzejsz*",
];
/// Numbers in words.
#[rustfmt::skip]
pub(super) const NUMBERS: &[&str] = &[
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred*",
    "thousand*", "million*", "half", "dozen*", "double", "twice", "dwa", "dwoch", "dwie", "trzy", "trzech", "cztery",
    "czterech", "piec", "pieciu", "szesc", "szesciu", "siedem", "osiem", "dziewiec", "dziesiec", "dziesieciu",
    "dwadziescia", "sto", "tysiac*", "milion*", "pol", "polow*", "tuzin*",
];
/// Money and paying.
#[rustfmt::skip]
pub(super) const MONEY: &[&str] = &[
    "pln", "eur", "usd", "gbp", "chf", "czk", "zl", "zlot*", "dollar*", "euro*", "pound*", "cent", "cents", "bucks",
    "quid", "grosz*", "price*", "cost*", "fee", "fees", "charge*", "surcharge*", "pay", "pays", "paid", "paying",
    "payment*", "payable", "invoice*", "billing", "bank*", "iban", "blik", "paypal", "bitcoin", "crypto*", "cena",
    "ceny", "koszt*", "oplat*", "zaplac*", "platn*", "przelew*", "wplat*", "dopla*", "kwot*", "amount*",
];
/// Things promised that no fact holds.
#[rustfmt::skip]
pub(super) const PROMISES: &[&str] = &[
    "refund*", "compensat*", "guarant*", "discount*", "voucher*", "coupon*", "credit*", "reimburs*", "promis*",
    "free", "gift*", "bonus*", "rebate*", "cashback", "money back", "replacement*", "replace", "resend", "reship*",
    "expedite*", "priority", "waive*", "upgrade*", "assure*", "ensure*", "certainly", "definitely", "without fail",
    "make it up", "shall", "ll", "going to", "gonna", "we are sending", "on the house", "warrant*", "zwrot*",
    "zwroc*", "rekompensat*", "odszkodowan*", "gwarant*", "gwarancj*", "rabat*", "znizk*", "voucher*", "kupon*",
    "bon", "bony", "obiecuj*", "obietnic*", "gratis*", "darmow*", "za darmo", "prezent*", "upust*", "promocj*",
    "zapewni*", "na pewno", "wymian*", "wymieni*", "bedzie", "beda", "bedziemy", "dostarczymy", "zwrocimy", "oddamy",
    "wyslemy", "otrzymasz", "dostaniesz", "zadzwonimy", "skontaktujemy", "zadoscuczyn*", "reklamacj*",
];
/// Ways to lead somebody elsewhere or to make them give something away.
#[rustfmt::skip]
pub(super) const CONTACT: &[&str] = &[
    "call", "phone*", "telephone*", "dial", "sms", "whatsapp", "telegram", "messenger", "http", "https", "www", "com",
    "click*", "password*", "passcode*", "pin", "cvv", "card", "cards", "login", "log in", "sign in", "account*",
    "verify", "confirm your", "download*", "install*", "dot", "javascript", "script", "kliknij", "haslo", "hasla",
    "karty", "karta", "konto", "konta", "zaloguj*", "zadzwon*", "telefon*", "pobierz", "kropka", "malpa",
    "instruction*", "prompt", "system", "assistant", "language model", "ai",
];
/// Saying sorry.
pub(super) const APOLOGIES: &[&str] =
    &["sorry", "apolog*", "regret*", "forgive*", "pardon", "przeprasz*", "przeprosin*", "przykro", "wybacz*", "ubolew*"];
/// What turns a true word into its opposite.
pub(super) const NEGATIONS: &[&str] =
    &["not", "never", "isn", "wasn", "hasn", "without", "longer", "neither", "nor", "nie", "bez", "nigdy", "zaden"];
/// Saying when it comes; true only together with the promised day.
#[rustfmt::skip]
pub(super) const ARRIVALS: &[&str] = &[
    "will arrive", "should arrive", "will be delivered", "should be delivered", "to be delivered", "will reach you",
    "should reach you", "will be with you", "should be with you", "powinno dotrzec", "powinna dotrzec", "dotrze",
    "przyjdzie", "zostanie dostarczon*",
];
/// Speaking of a day as still to come.
pub(super) const AHEAD: &[&str] = &["is expected", "expected to", "expected date", "expected delivery", "przewidywan*", "spodziewan*"];
/// Words that start with a capital inside a sentence without naming anybody.
#[rustfmt::skip]
pub(super) const CAPITALS: &[&str] = &[
    "i", "eta", "order", "status", "kind", "best", "regards", "the", "customer", "care", "team", "service", "z",
    "powazaniem", "zespol", "obslugi", "klienta", "ciebie", "twoje", "twoja", "twojego", "twojej", "twoim", "panstwa",
    "panstwu", "ci", "cie", "pani", "pan", "received", "on", "hold", "processing", "ready", "to", "ship", "partly",
    "shipped", "in", "transit", "out", "for", "delivery", "pickup", "delayed", "failed", "delivered", "completed",
    "return", "requested", "returned", "cancelled", "refunded", "tracking", "number",
];
/// Words that start a sentence and are followed by a comma without naming anybody.
#[rustfmt::skip]
pub(super) const OPENERS: &[&str] = &[
    "hello", "hi", "hey", "unfortunately", "currently", "sorry", "thanks", "yes", "great", "news", "customer",
    "there", "dziekujemy", "niestety", "przepraszamy", "witaj", "witamy", "obecnie", "tak", "regards", "powazaniem",
    "pozdrawiamy", "kliencie", "klientko", "day", "rozumiemy", "cieszymy", "prosimy", "wiemy",
];

/// Whether a pattern of [`STATES`] or another list stands at the start of `words`; how many words it takes.
pub(super) fn matches(pattern: &str, words: &[String]) -> Option<usize> {
    let mut taken = 0;
    for part in pattern.split(' ') {
        let word = words.get(taken)?;
        let hit = match part.strip_suffix('*') {
            Some(stem) => word.starts_with(stem),
            None => word == part,
        };
        if !hit {
            return None;
        }
        taken += 1;
    }
    Some(taken)
}

/// Whether any pattern stands anywhere in `words`.
pub(super) fn any(patterns: &[&str], words: &[String]) -> bool {
    (0..words.len()).any(|at| patterns.iter().any(|pattern| matches(pattern, &words[at..]).is_some()))
}
