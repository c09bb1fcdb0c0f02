//! E-mail addresses.
//!
//! An [`Email`] is the proof of ownership in "where is my order", so it can only hold a well-formed
//! address, compares case-folded and has no `Display`: the one way to the text is [`Email::expose`],
//! which is easy to find in a review.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Longest whole address, in bytes (RFC 5321 path minus its brackets).
pub const EMAIL_LEN_MAX: usize = 254;
/// Longest part before the `@`, in bytes.
pub const LOCAL_LEN_MAX: usize = 64;
const DOMAIN_LABEL_LEN_MAX: usize = 63;

/// A well-formed, lower-case address. `Debug` prints it masked.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Email(String);

/// Why an address was refused, worded as what to fix. Never quotes the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailFault {
    /// Nothing there.
    #[error("enter an e-mail address such as name@example.com")]
    Empty,
    /// More than [`EMAIL_LEN_MAX`] bytes.
    #[error("shorten the e-mail address to 254 characters or fewer")]
    TooLong,
    /// A space, tab or line break.
    #[error("remove the spaces from the e-mail address")]
    Space,
    /// A character outside ASCII: an internationalised domain arrives as punycode (`xn--…`).
    #[error("use plain letters in the e-mail address (an international domain is written as xn--…)")]
    NotAscii,
    /// No `@`.
    #[error("add the @ to the e-mail address, as in name@example.com")]
    NoAt,
    /// More than one `@`.
    #[error("keep only one @ in the e-mail address")]
    ManyAts,
    /// Nothing before the `@`.
    #[error("add the name before the @")]
    NoLocal,
    /// More than [`LOCAL_LEN_MAX`] bytes before the `@`.
    #[error("shorten the part before the @ to 64 characters or fewer")]
    LocalTooLong,
    /// A dot first, last or doubled before the `@`.
    #[error("remove the leading, trailing or doubled dot before the @")]
    LocalDots,
    /// A character that mail systems do not accept unquoted before the `@`.
    #[error("remove {0:?} from the part before the @")]
    LocalChar(char),
    /// An empty, overlong or badly hyphenated domain label.
    #[error("correct the domain after the @: letters, digits and inner hyphens between single dots")]
    Domain,
    /// No dot, or an ending that is no top-level domain.
    #[error("complete the domain after the @ with an ending of at least two letters, such as .com")]
    TopLevel,
}

impl Email {
    /// Checks and case-folds. Strict: surrounding spaces are a fault, trimming is the caller's choice.
    pub fn parse(text: &str) -> Result<Email, EmailFault> {
        if text.is_empty() {
            return Err(EmailFault::Empty);
        }
        if text.len() > EMAIL_LEN_MAX {
            return Err(EmailFault::TooLong);
        }
        if text.contains(char::is_whitespace) {
            return Err(EmailFault::Space);
        }
        if !text.is_ascii() {
            return Err(EmailFault::NotAscii);
        }
        let (local, domain) = text.split_once('@').ok_or(EmailFault::NoAt)?;
        if domain.contains('@') {
            return Err(EmailFault::ManyAts);
        }
        check_local(local)?;
        check_domain(domain)?;
        Ok(Email(text.to_ascii_lowercase()))
    }

    /// The address itself. Only for comparing, storing and sending, never for a log line or an answer.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `j***@x.io`: what may be shown.
    pub fn masked(&self) -> String {
        crate::pii::mask_email(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Email::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// What an address found in running text is made of before its `@`. Narrower than what an address may hold,
/// because `=`, `/` and the like usually end what stands before them. The apostrophe is there for the O'Briens.
pub(crate) fn local_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'')
}

/// What may stand before the `@` without quotes: `atext` of RFC 5322, and dots.
fn dot_atom_char(c: char) -> bool {
    local_char(c) || matches!(c, '!' | '#' | '$' | '&' | '*' | '/' | '=' | '?' | '^' | '`' | '{' | '|' | '}' | '~')
}

fn check_local(local: &str) -> Result<(), EmailFault> {
    if local.is_empty() {
        return Err(EmailFault::NoLocal);
    }
    if local.len() > LOCAL_LEN_MAX {
        return Err(EmailFault::LocalTooLong);
    }
    if let Some(odd) = local.chars().find(|c| !dot_atom_char(*c)) {
        return Err(EmailFault::LocalChar(odd));
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err(EmailFault::LocalDots);
    }
    Ok(())
}

fn check_domain(domain: &str) -> Result<(), EmailFault> {
    let well_formed = |label: &str| {
        !label.is_empty()
            && label.len() <= DOMAIN_LABEL_LEN_MAX
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !domain.split('.').all(well_formed) {
        return Err(EmailFault::Domain);
    }
    let (_, top) = domain.rsplit_once('.').ok_or(EmailFault::TopLevel)?;
    let punycode = top.len() > 4 && top[..4].eq_ignore_ascii_case("xn--");
    if punycode || (top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic())) { Ok(()) } else { Err(EmailFault::TopLevel) }
}

/// Mail providers people really use, the most used first: a tie goes to the earlier one. Neighbours of a
/// provider that exist themselves (`yahoo.ca`, `op.pl`) are listed so that they are never "corrected".
#[rustfmt::skip]
const PROVIDERS: [&str; 107] = [
    "gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "wp.pl", "onet.pl", "o2.pl", "interia.pl",
    "op.pl", "gazeta.pl", "poczta.onet.pl", "interia.eu", "poczta.fm", "tlen.pl", "vp.pl", "onet.eu", "autograf.pl",
    "buziaczek.pl", "go2.pl", "spoko.pl", "googlemail.com", "live.com", "msn.com", "me.com", "mac.com", "aol.com",
    "ymail.com", "rocketmail.com", "protonmail.com", "proton.me", "pm.me", "gmx.com", "gmx.de", "gmx.net", "gmx.at",
    "gmx.ch", "web.de", "t-online.de", "freenet.de", "mail.com", "email.com", "zoho.com", "fastmail.com",
    "tutanota.com", "tuta.com", "yahoo.co.uk", "yahoo.fr", "yahoo.de", "yahoo.es", "yahoo.it", "yahoo.ca",
    "yahoo.co.in", "hotmail.co.uk", "hotmail.fr", "hotmail.de", "hotmail.es", "hotmail.it", "hotmail.ca",
    "outlook.fr", "outlook.de", "outlook.es", "outlook.pl", "live.co.uk", "live.fr", "orange.fr", "wanadoo.fr",
    "free.fr", "laposte.net", "libero.it", "seznam.cz", "centrum.cz", "azet.sk", "btinternet.com", "sky.com",
    "comcast.net", "verizon.net", "att.net", "bellsouth.net", "telus.net", "optusnet.com.au", "bigpond.com",
    "earthlink.net", "sympatico.ca", "xtra.co.nz", "rogers.com", "google.com", "optonline.net", "sbcglobal.net",
    "charter.net", "shaw.ca", "ntlworld.com", "virginmedia.com", "talktalk.net", "hushmail.com", "yandex.ru",
    "rambler.ru", "naver.com", "hanmail.net", "rediffmail.com", "terra.com.br", "bol.com.br", "uol.com.br",
    "mail.ru", "yahoo.com.br", "yahoo.com.au", "yahoo.co.jp",
];

/// Real providers whose names are so short that a typo of theirs is as often a domain of somebody's own: never
/// corrected, never suggested.
const SHORT_PROVIDERS: [&str; 9] = ["qq.com", "163.com", "126.com", "cox.net", "aim.com", "ya.ru", "bk.ru", "uol.pt", "sapo.pt"];

/// Endings nobody owns and everybody types. Real ones (`.co`, `.cm`, `.om`) are absent on purpose.
#[rustfmt::skip]
const TOP_LEVEL_TYPOS: [(&str, &str); 29] = [
    ("con", "com"), ("cmo", "com"), ("ocm", "com"), ("comm", "com"), ("coom", "com"), ("ccom", "com"),
    ("vom", "com"), ("xom", "com"), ("cim", "com"), ("cpm", "com"), ("cok", "com"), ("coim", "com"),
    ("nte", "net"), ("ner", "net"), ("nett", "net"), ("ogr", "org"), ("rog", "org"), ("orgg", "org"),
    ("pll", "pl"), ("lp", "pl"), ("ppl", "pl"), ("vcom", "com"), ("comn", "com"), ("nrt", "net"),
    ("netr", "net"), ("eud", "edu"), ("infi", "info"), ("inof", "info"), ("couk", "co.uk"),
];

/// The same for endings of two parts.
const SECOND_LEVEL_TYPOS: [(&str, &str); 4] = [("co.ku", "co.uk"), ("co.yk", "co.uk"), ("co.ukk", "co.uk"), ("com.ay", "com.au")];

/// Largest edit distance (insert, delete, replace, swap neighbours) that still counts as a typo: at most a third of
/// the domain, and two of so few letters as in `gq.com` are another domain.
const TYPO_DISTANCE_MAX: usize = 2;
/// From this length on two edits are a typo.
const TWO_EDITS_FROM: usize = 8;

/// The whole address with a corrected domain, when the domain looks mistyped. A hint to show before the
/// lookup: never itself looked up, never compared with the stored address.
pub fn suggest(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > EMAIL_LEN_MAX {
        return None;
    }
    let (local, domain) = text.rsplit_once('@')?;
    let domain = domain.to_lowercase();
    if PROVIDERS.contains(&domain.as_str()) || SHORT_PROVIDERS.contains(&domain.as_str()) {
        return None;
    }
    let fixed = near_provider(&domain).map(str::to_owned).or_else(|| fix_top_level(&domain))?;
    // Parsing again keeps markup and control characters of the typed name out of the hint.
    Email::parse(&format!("{local}@{fixed}")).ok().map(|email| email.0)
}

fn near_provider(domain: &str) -> Option<&'static str> {
    let domain = &domain.replace(',', ".");
    if !domain.contains('.') && domain.len() >= 4 {
        return PROVIDERS.into_iter().find(|known| known.split('.').next() == Some(domain));
    }
    let length = domain.chars().count();
    let letters = letters(domain);
    PROVIDERS
        .into_iter()
        .filter(|known| distance_at_least(&letters, known) <= TYPO_DISTANCE_MAX)
        .map(|known| (strsim::osa_distance(domain, known), known))
        .filter(|(distance, _)| *distance <= TYPO_DISTANCE_MAX && distance * 3 <= length && (*distance < 2 || length >= TWO_EDITS_FROM))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// How often each letter stands in a text, over 32 boxes; some share one, which only blurs the count.
fn letters(text: &str) -> [i16; 32] {
    let mut counts = [0; 32];
    for c in text.chars() {
        counts[c as usize % 32] += 1;
    }
    counts
}

/// A lower bound of the edit distance that is far cheaper than the distance: one edit adds at most one letter and
/// takes at most one away. Almost every address is no typo of any provider, and this tells.
fn distance_at_least(letters: &[i16; 32], known: &str) -> usize {
    let mut balance = *letters;
    for c in known.chars() {
        balance[c as usize % 32] -= 1;
    }
    let (more, less) = balance.iter().fold((0, 0), |(more, less), count| (more + count.max(&0), less - count.min(&0)));
    usize::from(more.max(less).unsigned_abs())
}

fn fix_top_level(domain: &str) -> Option<String> {
    for (typo, right) in SECOND_LEVEL_TYPOS {
        if let Some(name) = domain.strip_suffix(typo).and_then(|rest| rest.strip_suffix('.')) {
            return Some(format!("{name}.{right}"));
        }
    }
    let (name, top) = domain.rsplit_once('.')?;
    let (_, right) = TOP_LEVEL_TYPOS.into_iter().find(|(typo, _)| *typo == top)?;
    Some(format!("{name}.{right}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn long_local(length: usize) -> String {
        format!("{}@example.com", "a".repeat(length))
    }

    // req: S0-07
    #[test]
    fn valid_invalid() {
        #[rustfmt::skip]
        let valid: Vec<String> = [
            "a@b.co", "john.smith@example.com", "JOHN@EXAMPLE.COM", "j_s@x.io", "j+tag@x.io", "j%x@x.io",
            "o'brien@x.ie", "1@2.pl", "123@456.com", "a-b@c-d.org", "a.b.c.d@e.f.g.h.uk", "x@xn--mnchen-3ya.de",
            "x@example.xn--p1ai", "x@sub.domain.example.museum", "admin@shop.pl", "info@a.travel", "_@x.io", "+@x.io",
            "-a@x.io", "a-@x.io", "jan.kowalski@wp.pl", "jan@poczta.onet.pl", "a@1x.com", "a@x1.com", "a@a--b.com",
            "!#$%&`*+/=?^`{|}~@iana.org", "a|b@c.co", "a&b@c.co", "a=b@c.co", "a/b@c.co", "noreply@mail-out.example.co.uk", "A.B+c_d%e@Example.Org", "test@mailinator.com",
        ]
        .map(str::to_owned)
        .into_iter()
        .chain([long_local(1), long_local(64), format!("a@{}.com", "b".repeat(63))])
        .collect();
        for address in &valid {
            assert!(Email::parse(address).is_ok(), "should be valid: {address}");
        }

        use EmailFault as F;
        let invalid: Vec<(String, EmailFault)> = [
            ("", F::Empty),
            (" ", F::Space),
            ("a", F::NoAt),
            ("@", F::NoLocal),
            ("a@", F::Domain),
            ("@b.co", F::NoLocal),
            ("a@b", F::TopLevel),
            ("a@b.c", F::TopLevel),
            ("a@b.c1", F::TopLevel),
            ("a@b.123", F::TopLevel),
            ("a@.co", F::Domain),
            ("a@b..co", F::Domain),
            ("a@b.co.", F::Domain),
            ("a@-b.co", F::Domain),
            ("a@b-.co", F::Domain),
            ("a@b.-co", F::Domain),
            ("a@b.co-", F::Domain),
            ("a@b_c.co", F::Domain),
            ("a@b!c.co", F::Domain),
            ("a@[127.0.0.1]", F::Domain),
            ("a@127.0.0.1", F::TopLevel),
            ("a@b.co/x", F::Domain),
            ("a@b.co?x=1", F::Domain),
            ("a@b.co:25", F::Domain),
            ("a@b,co", F::Domain),
            (".a@b.co", F::LocalDots),
            ("a.@b.co", F::LocalDots),
            ("a..b@b.co", F::LocalDots),
            (".@b.co", F::LocalDots),
            ("a b@c.co", F::Space),
            (" a@b.co", F::Space),
            ("a@b.co ", F::Space),
            ("a@b.co\n", F::Space),
            ("a@b.co\r\nBcc:x@y.zz", F::Space),
            ("a\t@b.co", F::Space),
            ("a@b@c.co", F::ManyAts),
            ("a@@b.co", F::ManyAts),
            ("\"a\"@b.co", F::LocalChar('"')),
            ("a<b@c.co", F::LocalChar('<')),
            ("<a@b.co>", F::LocalChar('<')),
            ("a>b@c.co", F::LocalChar('>')),
            ("a(b)@c.co", F::LocalChar('(')),
            ("a,b@c.co", F::LocalChar(',')),
            ("a:b@c.co", F::LocalChar(':')),
            ("mailto:a@b.co", F::LocalChar(':')),
            ("a;b@c.co", F::LocalChar(';')),
            ("a\\b@c.co", F::LocalChar('\\')),
            ("a\0b@c.co", F::LocalChar('\0')),
            ("żółw@wp.pl", F::NotAscii),
            ("a@münchen.de", F::NotAscii),
            ("a@gmаil.com", F::NotAscii),
            ("a@\u{ff45}xample.com", F::NotAscii),
            ("a\u{200b}@b.co", F::NotAscii),
            ("a@b.xn--", F::Domain),
            ("a@b.xn-", F::Domain),
            ("😀@b.co", F::NotAscii),
        ]
        .map(|(text, fault)| (text.to_owned(), fault))
        .into_iter()
        .chain([(long_local(65), F::LocalTooLong), (format!("a@{}.com", "b".repeat(64)), F::Domain), (long_local(300), F::TooLong)])
        .collect();
        for (address, fault) in &invalid {
            assert_eq!(Email::parse(address).err(), Some(*fault), "{address:?}");
        }
        assert!(valid.len() + invalid.len() >= 80, "{} + {}", valid.len(), invalid.len());
    }

    // req: S0-05 S0-07
    #[test]
    fn the_whole_address_holds_254_bytes_and_not_one_more() {
        let address = |total: usize| {
            let labels = "abcdefghi.".repeat(40);
            format!("a@{}x.com", &labels[..(total - 7) / 10 * 10]) + &"m".repeat((total - 7) % 10)
        };
        assert_eq!(address(254).len(), 254);
        assert!(Email::parse(&address(254)).is_ok());
        assert_eq!(Email::parse(&address(255)).err(), Some(EmailFault::TooLong));
    }

    // req: S0-07
    #[test]
    fn every_fault_says_what_to_fix_without_the_address() {
        for text in ["", "secret", "secret@", "se\"cret@x.io", "secret@x", ".secret@x.io"] {
            let message = Email::parse(text).err().map(|fault| fault.to_string()).unwrap_or_default();
            assert!(message.len() > 15 && !message.contains("secret"), "{text}: {message}");
        }
    }

    // req: S0-18
    #[test]
    fn debug_is_masked_and_equality_is_case_folded() {
        let email = Email::parse("John.Smith@Example.com").unwrap();
        assert_eq!(email, Email::parse("john.smith@example.COM").unwrap());
        assert_eq!(email.expose(), "john.smith@example.com");
        assert_eq!(format!("{email:?} {:?}", Some(&email)), "j***@example.com Some(j***@example.com)");
    }

    // req: S0-07
    #[test]
    fn json_is_a_plain_string_checked_on_the_way_in() {
        let email: Email = serde_json::from_str("\"A@B.co\"").unwrap();
        assert_eq!(serde_json::to_string(&email).unwrap(), "\"a@b.co\"");
        let error = serde_json::from_str::<Email>("\"not an address\"").unwrap_err();
        assert!(error.to_string().contains("remove the spaces"), "{error}");
        assert!(serde_json::from_str::<Email>("null").is_err());
    }

    // req: S0-08
    #[test]
    fn suggest_table() {
        let table = [
            ("gmial.com", Some("gmail.com")),
            ("gmai.com", Some("gmail.com")),
            ("gmail.co", Some("gmail.com")),
            ("gmail.con", Some("gmail.com")),
            ("gmail.cmo", Some("gmail.com")),
            ("gmail.ocm", Some("gmail.com")),
            ("gmail.comm", Some("gmail.com")),
            ("gnail.com", Some("gmail.com")),
            ("gmaill.com", Some("gmail.com")),
            ("gmail", Some("gmail.com")),
            ("GMIAL.COM", Some("gmail.com")),
            ("gmail,com", Some("gmail.com")),
            ("hotmial.com", Some("hotmail.com")),
            ("hotmal.com", Some("hotmail.com")),
            ("outlok.com", Some("outlook.com")),
            ("outloook.com", Some("outlook.com")),
            ("yaho.com", Some("yahoo.com")),
            ("yahooo.com", Some("yahoo.com")),
            ("iclud.com", Some("icloud.com")),
            ("icloud.con", Some("icloud.com")),
            ("onte.pl", Some("onet.pl")),
            ("interai.pl", Some("interia.pl")),
            ("intera.pl", Some("interia.pl")),
            ("wp.lp", Some("wp.pl")),
            ("protonmial.com", Some("protonmail.com")),
            ("gmаil.com", Some("gmail.com")),
            ("firma.con", Some("firma.com")),
            ("fundacja.ogr", Some("fundacja.org")),
            ("sklep.pll", Some("sklep.pl")),
            ("gmailc.om", Some("gmail.com")),
            ("gnail.con", Some("gmail.com")),
            ("#gmail.com", Some("gmail.com")),
            ("comcast.nry", Some("comcast.net")),
            ("homail.con", Some("hotmail.com")),
            ("hotmail.co", Some("hotmail.com")),
            ("yajoo.com", Some("yahoo.com")),
            ("yahooo.cmo", Some("yahoo.com")),
            ("bellsouht.net", Some("bellsouth.net")),
            ("con-artists.con", Some("con-artists.com")),
            ("mail.smallcompany.cmo", Some("mail.smallcompany.com")),
            ("smallcompany.co.ku", Some("smallcompany.co.uk")),
            ("smallcompany.couk", Some("smallcompany.co.uk")),
            ("qq.com", None),
            ("gq.com", None),
            ("126.com", None),
            ("kicksend.com", None),
            ("op.pl", None),
            ("o2.pl", None),
            ("wp.pl", None),
            ("gmail.com", None),
            ("onet.eu", None),
            ("vp.pl", None),
            ("yahoo.ca", None),
            ("yahoo.co.uk", None),
            ("hotmail.ca", None),
            ("gmx.ch", None),
            ("me.com", None),
            ("mail.com", None),
            ("email.com", None),
            ("example.com", None),
            ("example.org", None),
            ("firma.pl", None),
            ("ab.io", None),
            ("x.co", None),
            ("company.cm", None),
            ("", None),
        ];
        for (domain, expected) in table {
            let expected = expected.map(|domain| format!("john@{domain}"));
            assert_eq!(suggest(&format!("john@{domain}")), expected, "{domain}");
        }
        assert_eq!(suggest("gmial.com"), None, "no @, no address");
        assert_eq!(suggest("<b>@gmial.com"), None, "markup in the name never comes back");
        assert!(PROVIDERS.len() >= 40);
    }

    // req: S0-08
    #[test]
    fn no_provider_is_ever_corrected() {
        for provider in PROVIDERS {
            assert!(Email::parse(&format!("a@{provider}")).is_ok(), "{provider}");
            assert_eq!(suggest(&format!("a@{provider}")), None, "{provider}");
        }
    }

    proptest! {
        // req: S0-08
        #[test]
        fn the_quick_bound_is_never_above_the_distance(domain in "[a-z.,\\-óа]{0,24}", provider in 0..PROVIDERS.len(), cut in 0..20_usize) {
            let known = PROVIDERS[provider];
            let mistyped: String = known.chars().enumerate().filter(|(at, _)| *at != cut).map(|(_, c)| c).chain(domain.chars().take(2)).collect();
            for text in [&domain, &mistyped] {
                prop_assert!(distance_at_least(&letters(text), known) <= strsim::osa_distance(text, known), "{text} {known}");
            }
        }

        // req: S0-05 S0-07 S0-08
        #[test]
        fn parsing_and_suggesting_never_panic_and_stay_in_bounds(text in "\\PC{0,300}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert!(email.expose().len() <= EMAIL_LEN_MAX && email.expose().is_ascii());
                prop_assert_eq!(Email::parse(email.expose()), Ok(email));
            }
            if let Some(hint) = suggest(&text) {
                prop_assert!(Email::parse(&hint).is_ok());
            }
        }
    }
}
