//! Country names as exports write them, to ISO 3166-1 alpha-2.

const NAMES: &[(&str, &str)] = &[
    ("australia", "AU"),
    ("austria", "AT"),
    ("bahrain", "BH"),
    ("belgium", "BE"),
    ("brazil", "BR"),
    ("canada", "CA"),
    ("channel islands", "JE"),
    ("cyprus", "CY"),
    ("czech republic", "CZ"),
    ("czechia", "CZ"),
    ("denmark", "DK"),
    ("eire", "IE"),
    ("finland", "FI"),
    ("france", "FR"),
    ("germany", "DE"),
    ("greece", "GR"),
    ("hong kong", "HK"),
    ("iceland", "IS"),
    ("ireland", "IE"),
    ("israel", "IL"),
    ("italy", "IT"),
    ("japan", "JP"),
    ("lebanon", "LB"),
    ("lithuania", "LT"),
    ("malta", "MT"),
    ("netherlands", "NL"),
    ("norway", "NO"),
    ("poland", "PL"),
    ("portugal", "PT"),
    ("rsa", "ZA"),
    ("saudi arabia", "SA"),
    ("singapore", "SG"),
    ("spain", "ES"),
    ("sweden", "SE"),
    ("switzerland", "CH"),
    ("united arab emirates", "AE"),
    ("united kingdom", "GB"),
    ("usa", "US"),
    ("united states", "US"),
];

/// The code of a name or code; none for "Unspecified" and the like, which is a fact and not a fault.
pub fn code(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Some(text.to_uppercase());
    }
    let lower = text.to_lowercase();
    NAMES.iter().find(|row| row.0 == lower).map(|row| row.1.to_owned())
}
