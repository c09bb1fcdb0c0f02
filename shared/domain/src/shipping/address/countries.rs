//! How postal codes look, by country, and what an address needs.
//!
//! Sources: the Universal Postal Union's addressing guides (<https://www.upu.int/en/postal-solutions/programmes-services/addressing-solutions>)
//! and what Google's address data requires by country (<https://github.com/google/libaddressinput>).

/// What is known of a country's addresses.
#[derive(Debug)]
pub(super) struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: &'static str,
    /// Shapes of its postal code, as it is to be written: `#` is a digit, `@` a letter, `*` either; all else stands for itself. None:
    /// it has no postal codes.
    pub shapes: &'static [&'static str],
    /// What stands before it when it is written.
    pub prefix: &'static str,
    /// The lowest and the highest, of those that are digits only (the first five, in the United States).
    pub range: (u32, u32),
    /// Whether a state, province or prefecture is part of an address.
    pub region: bool,
    /// One that exists, for people who look at it to see what is meant.
    pub example: &'static str,
}

const fn plain(code: &'static str, shapes: &'static [&'static str], range: (u32, u32), example: &'static str) -> Country {
    Country { code, shapes, prefix: "", range, region: false, example }
}

const fn with_region(code: &'static str, shapes: &'static [&'static str], range: (u32, u32), example: &'static str) -> Country {
    Country { code, shapes, prefix: "", range, region: true, example }
}

const fn with_prefix(code: &'static str, shapes: &'static [&'static str], prefix: &'static str, example: &'static str) -> Country {
    Country { code, shapes, prefix, range: ALL, region: false, example }
}

const ALL: (u32, u32) = (0, u32::MAX);
const FOUR: &[&str] = &["####"];
const FIVE: &[&str] = &["#####"];
const SIX: &[&str] = &["######"];
const THREE_TWO: &[&str] = &["### ##"];

/// Countries whose codes are checked. Of all others anything is taken.
pub(super) const COUNTRIES: &[Country] = &[
    plain("AE", &[], ALL, ""),
    plain("AT", FOUR, (1_000, 9_999), "1010"),
    with_region("AU", FOUR, (200, 9_999), "2000"),
    plain("BE", FOUR, (1_000, 9_999), "1000"),
    plain("BG", FOUR, (1_000, 9_999), "1000"),
    with_region("BR", &["#####-###"], ALL, "01310-100"),
    with_region("CA", &["@#@ #@#"], ALL, "K1A 0B1"),
    plain("CH", FOUR, (1_000, 9_999), "8001"),
    plain("CY", FOUR, (1_000, 9_999), "1010"),
    plain("CZ", THREE_TWO, (10_000, 79_999), "110 00"),
    plain("DE", FIVE, (1_001, 99_998), "10115"),
    plain("DK", FOUR, (100, 9_999), "1050"),
    plain("EE", FIVE, (10_000, 99_999), "10111"),
    plain("ES", FIVE, (1_000, 52_999), "28001"),
    plain("FI", FIVE, (2, 99_999), "00100"),
    plain("FR", FIVE, (1_000, 98_999), "75001"),
    plain("GB", &["@# #@@", "@## #@@", "@@# #@@", "@@## #@@", "@#@ #@@", "@@#@ #@@"], ALL, "SW1A 1AA"),
    plain("GR", THREE_TWO, (10_000, 89_999), "105 57"),
    plain("HK", &[], ALL, ""),
    plain("HR", FIVE, (10_000, 59_999), "10000"),
    plain("HU", FOUR, (1_000, 9_999), "1051"),
    plain("IE", &["@## ****", "D6W ****"], ALL, "D02 AF30"),
    with_region("IN", SIX, (100_000, 999_999), "110001"),
    plain("IS", &["###"], (100, 999), "101"),
    plain("IT", FIVE, (10, 99_999), "00118"),
    with_region("JP", &["###-####"], ALL, "100-0001"),
    plain("KR", FIVE, (1_000, 63_999), "04524"),
    plain("LI", FOUR, (9_485, 9_499), "9490"),
    with_prefix("LT", FIVE, "LT-", "LT-01100"),
    plain("LU", FOUR, (1_000, 9_999), "1111"),
    with_prefix("LV", FOUR, "LV-", "LV-1010"),
    plain("MT", &["@@@ ####"], ALL, "VLT 1117"),
    plain("MX", FIVE, (1_000, 99_999), "06000"),
    plain("NL", &["#### @@"], ALL, "1012 JS"),
    plain("NO", FOUR, (1, 9_999), "0150"),
    plain("NZ", FOUR, (100, 9_999), "6011"),
    plain("PL", &["##-###"], (1, 99_999), "00-950"),
    plain("PT", &["####-###"], ALL, "1100-148"),
    plain("RO", SIX, (10_000, 999_999), "010011"),
    plain("SE", THREE_TWO, (10_000, 98_999), "111 20"),
    plain("SG", SIX, ALL, "018956"),
    plain("SI", FOUR, (1_000, 9_999), "1000"),
    plain("SK", THREE_TWO, (1_000, 99_999), "811 01"),
    with_region("US", &["#####", "#####-####"], (501, 99_950), "90210"),
];

/// Written for what has another code: `UK` and `EL` are used by people and by the European Union.
pub(super) const MISNAMED: &[(&str, &str)] = &[("UK", "GB"), ("EL", "GR"), ("EN", "GB")];

pub(super) fn country(code: &str) -> Option<&'static Country> {
    COUNTRIES.iter().find(|country| country.code == code)
}

/// Names of states and provinces, and what is written for them.
pub(super) fn regions(country: &str) -> &'static [(&'static str, &'static str)] {
    match country {
        "US" => US,
        "CA" => CA,
        "AU" => AU,
        _ => &[],
    }
}

const US: &[(&str, &str)] = &[
    ("AL", "Alabama"),
    ("AK", "Alaska"),
    ("AZ", "Arizona"),
    ("AR", "Arkansas"),
    ("CA", "California"),
    ("CO", "Colorado"),
    ("CT", "Connecticut"),
    ("DE", "Delaware"),
    ("DC", "District of Columbia"),
    ("FL", "Florida"),
    ("GA", "Georgia"),
    ("HI", "Hawaii"),
    ("ID", "Idaho"),
    ("IL", "Illinois"),
    ("IN", "Indiana"),
    ("IA", "Iowa"),
    ("KS", "Kansas"),
    ("KY", "Kentucky"),
    ("LA", "Louisiana"),
    ("ME", "Maine"),
    ("MD", "Maryland"),
    ("MA", "Massachusetts"),
    ("MI", "Michigan"),
    ("MN", "Minnesota"),
    ("MS", "Mississippi"),
    ("MO", "Missouri"),
    ("MT", "Montana"),
    ("NE", "Nebraska"),
    ("NV", "Nevada"),
    ("NH", "New Hampshire"),
    ("NJ", "New Jersey"),
    ("NM", "New Mexico"),
    ("NY", "New York"),
    ("NC", "North Carolina"),
    ("ND", "North Dakota"),
    ("OH", "Ohio"),
    ("OK", "Oklahoma"),
    ("OR", "Oregon"),
    ("PA", "Pennsylvania"),
    ("RI", "Rhode Island"),
    ("SC", "South Carolina"),
    ("SD", "South Dakota"),
    ("TN", "Tennessee"),
    ("TX", "Texas"),
    ("UT", "Utah"),
    ("VT", "Vermont"),
    ("VA", "Virginia"),
    ("WA", "Washington"),
    ("WV", "West Virginia"),
    ("WI", "Wisconsin"),
    ("WY", "Wyoming"),
    ("AS", "American Samoa"),
    ("GU", "Guam"),
    ("MP", "Northern Mariana Islands"),
    ("PR", "Puerto Rico"),
    ("VI", "Virgin Islands"),
    ("AA", "Armed Forces Americas"),
    ("AE", "Armed Forces Europe"),
    ("AP", "Armed Forces Pacific"),
];

const CA: &[(&str, &str)] = &[
    ("AB", "Alberta"),
    ("BC", "British Columbia"),
    ("MB", "Manitoba"),
    ("NB", "New Brunswick"),
    ("NL", "Newfoundland and Labrador"),
    ("NS", "Nova Scotia"),
    ("NT", "Northwest Territories"),
    ("NU", "Nunavut"),
    ("ON", "Ontario"),
    ("PE", "Prince Edward Island"),
    ("QC", "Quebec"),
    ("SK", "Saskatchewan"),
    ("YT", "Yukon"),
];

const AU: &[(&str, &str)] = &[
    ("ACT", "Australian Capital Territory"),
    ("NSW", "New South Wales"),
    ("NT", "Northern Territory"),
    ("QLD", "Queensland"),
    ("SA", "South Australia"),
    ("TAS", "Tasmania"),
    ("VIC", "Victoria"),
    ("WA", "Western Australia"),
];

/// The first three digits of ZIP codes and the states they lie in (USPS, L002 of the Domestic Mail Manual). A few cross a border.
const ZIP: &[(u32, u32, &[&str])] = &[
    (5, 5, &["NY"]),
    (6, 7, &["PR"]),
    (8, 8, &["VI"]),
    (9, 9, &["PR"]),
    (10, 27, &["MA"]),
    (28, 29, &["RI"]),
    (30, 38, &["NH"]),
    (39, 49, &["ME"]),
    (50, 54, &["VT"]),
    (55, 55, &["MA"]),
    (56, 59, &["VT"]),
    (60, 69, &["CT", "NY"]),
    (70, 89, &["NJ"]),
    (90, 99, &["AE"]),
    (100, 149, &["NY", "CT"]),
    (150, 196, &["PA"]),
    (197, 199, &["DE"]),
    (200, 205, &["DC", "VA", "MD"]),
    (206, 219, &["MD"]),
    (220, 246, &["VA", "WV"]),
    (247, 268, &["WV"]),
    (270, 289, &["NC"]),
    (290, 299, &["SC"]),
    (300, 319, &["GA"]),
    (320, 339, &["FL"]),
    (340, 340, &["AA"]),
    (341, 349, &["FL"]),
    (350, 369, &["AL"]),
    (370, 385, &["TN"]),
    (386, 397, &["MS"]),
    (398, 399, &["GA"]),
    (400, 427, &["KY"]),
    (430, 459, &["OH"]),
    (460, 479, &["IN"]),
    (480, 499, &["MI"]),
    (500, 528, &["IA"]),
    (530, 549, &["WI"]),
    (550, 567, &["MN"]),
    (569, 569, &["DC"]),
    (570, 577, &["SD"]),
    (580, 588, &["ND"]),
    (590, 599, &["MT"]),
    (600, 629, &["IL"]),
    (630, 658, &["MO"]),
    (660, 679, &["KS"]),
    (680, 693, &["NE"]),
    (700, 714, &["LA"]),
    (716, 729, &["AR"]),
    (730, 732, &["OK"]),
    (733, 733, &["TX"]),
    (734, 749, &["OK"]),
    (750, 799, &["TX"]),
    (800, 816, &["CO"]),
    (820, 831, &["WY"]),
    (832, 838, &["ID", "WY"]),
    (840, 847, &["UT"]),
    (850, 865, &["AZ"]),
    (870, 884, &["NM"]),
    (885, 885, &["TX"]),
    (889, 898, &["NV"]),
    (900, 961, &["CA"]),
    (962, 966, &["AP"]),
    (967, 968, &["HI", "AS"]),
    (969, 969, &["GU", "MP"]),
    (970, 979, &["OR"]),
    (980, 994, &["WA"]),
    (995, 999, &["AK"]),
];

/// First letters of Canadian codes (Canada Post's forward sortation areas).
const FSA: &[(char, &[&str])] = &[
    ('A', &["NL"]),
    ('B', &["NS"]),
    ('C', &["PE"]),
    ('E', &["NB"]),
    ('G', &["QC"]),
    ('H', &["QC"]),
    ('J', &["QC"]),
    ('K', &["ON"]),
    ('L', &["ON"]),
    ('M', &["ON"]),
    ('N', &["ON"]),
    ('P', &["ON"]),
    ('R', &["MB"]),
    ('S', &["SK"]),
    ('T', &["AB"]),
    ('V', &["BC"]),
    ('X', &["NT", "NU"]),
    ('Y', &["YT"]),
];

/// First digits of Australian codes (Australia Post). Codes near a border serve both sides.
const AU_DIGITS: &[(char, &[&str])] = &[
    ('0', &["NT", "ACT", "SA", "WA"]),
    ('1', &["NSW"]),
    ('2', &["NSW", "ACT", "QLD"]),
    ('3', &["VIC", "NSW"]),
    ('4', &["QLD", "NSW"]),
    ('5', &["SA", "NT"]),
    ('6', &["WA"]),
    ('7', &["TAS"]),
    ('8', &["VIC"]),
    ('9', &["QLD"]),
];

/// The regions that a code may lie in; none if that is not known. The code is as it is to be written.
pub(super) fn regions_of(country: &str, code: &str) -> Option<&'static [&'static str]> {
    let first = code.chars().next()?;
    match country {
        "US" => {
            let prefix: u32 = code.get(..3)?.parse().ok()?;
            ZIP.iter().find(|(from, to, _)| (*from..=*to).contains(&prefix)).map(|row| row.2)
        }
        "CA" => FSA.iter().find(|row| row.0 == first).map(|row| row.1),
        "AU" => AU_DIGITS.iter().find(|row| row.0 == first).map(|row| row.1),
        _ => None,
    }
}
