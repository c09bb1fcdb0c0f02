//! Customers: names as people have them, addresses that can't belong to anybody.

use super::random::Random;

/// Somebody who orders, more than once perhaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// First and last name.
    pub name: String,
    /// In a domain reserved for examples; nobody can receive it.
    pub email: String,
    /// From a range kept free for fiction, in E.164; no such range is known for Poland and Spain.
    pub phone: Option<String>,
    /// City.
    pub city: &'static str,
    /// ISO 3166 country code.
    pub country: &'static str,
    /// BCP 47 language tag.
    pub locale: &'static str,
}

/// A country with its customers' names and how things get there.
#[derive(Debug)]
pub(super) struct Country {
    pub(super) code: &'static str,
    pub(super) locale: &'static str,
    pub(super) currency: &'static str,
    pub(super) carriers: &'static [&'static str],
    /// Days promised from the order to the door, fewest and most.
    pub(super) promise_days: (i64, i64),
    cities: &'static [&'static str],
    /// First names with the last names that go with them: in Polish both follow the person's gender.
    names: &'static [(&'static [&'static str], &'static [&'static str])],
}

const ENGLISH_FIRST: &[&str] = &[
    "Olivia", "Amelia", "Isla", "Ava", "Freya", "Grace", "Siobhán", "Chloë", "Zoë", "Hannah", "Priya", "Aisha", "Noah", "George", "Oliver",
    "Arthur", "Harry", "Jack", "Seán", "Callum", "Rhys", "Daniel", "Samuel", "Mohammed", "William", "Thomas",
];
const ENGLISH_LAST: &[&str] = &[
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Williams",
    "Wilson",
    "Johnson",
    "Davies",
    "Patel",
    "Wright",
    "Walker",
    "O'Brien",
    "O'Connor",
    "D'Arcy",
    "MacLeod",
    "Hughes",
    "Edwards",
    "Green",
    "Clarke",
    "Brontë",
    "Fitzgerald",
    "Lewis-Ward",
    "Ahmed",
    "Campbell",
];
const AMERICAN_FIRST: &[&str] = &[
    "Emma", "Sophia", "Mia", "Evelyn", "Harper", "Camila", "Abigail", "Ella", "Renée", "Jasmine", "Liam", "James", "Benjamin", "Lucas",
    "Mason", "Ethan", "Logan", "Jacob", "Michael", "D'Angelo", "José", "Tyler", "Wei", "Andre",
];
const AMERICAN_LAST: &[&str] = &[
    "Miller",
    "Davis",
    "Rodriguez",
    "Martinez",
    "Anderson",
    "Moore",
    "Jackson",
    "Thompson",
    "White",
    "Nguyen",
    "Lee",
    "Hernández",
    "King",
    "O'Neil",
    "Baker",
    "Rivera",
    "Kim",
    "Carter",
    "Peña",
    "Cooper",
    "De la Cruz",
    "Chen",
    "Washington",
    "Hall",
];
const POLISH_WOMEN: &[&str] =
    &["Anna", "Katarzyna", "Małgorzata", "Agnieszka", "Zofia", "Julia", "Hanna", "Świętosława", "Łucja", "Aleksandra", "Maja", "Bożena"];
const POLISH_WOMEN_LAST: &[&str] = &[
    "Kowalska",
    "Wiśniewska",
    "Wójcik",
    "Kamińska",
    "Zielińska",
    "Dąbrowska",
    "Mazur",
    "Jabłońska",
    "Źródlana",
    "Grzęda",
    "Nowak",
    "Śliwińska",
];
const POLISH_MEN: &[&str] =
    &["Piotr", "Krzysztof", "Andrzej", "Tomasz", "Jan", "Michał", "Łukasz", "Stanisław", "Grzegorz", "Wojciech", "Błażej", "Kamil"];
const POLISH_MEN_LAST: &[&str] = &[
    "Kowalski",
    "Wiśniewski",
    "Wójcik",
    "Kamiński",
    "Zieliński",
    "Dąbrowski",
    "Mazur",
    "Jabłoński",
    "Żak",
    "Gołąb",
    "Nowak",
    "Brzęczyszczykiewicz",
];
const GERMAN_FIRST: &[&str] = &[
    "Lena",
    "Hannah",
    "Mia",
    "Jürgen",
    "Jörg",
    "Käthe",
    "Sören",
    "Lukas",
    "Felix",
    "Björn",
    "Maximilian",
    "Anneliese",
    "Götz",
    "Elif",
    "Charlotte",
    "Emil",
    "Ida",
    "Heike",
    "Uwe",
    "Karl-Heinz",
];
const GERMAN_LAST: &[&str] = &[
    "Müller",
    "Schmidt",
    "Schneider",
    "Fischer",
    "Weiß",
    "Schäfer",
    "Köhler",
    "Krüger",
    "Groß",
    "Yılmaz",
    "Wagner",
    "Becker",
    "Hoffmann",
    "von der Heide",
    "Böhm",
    "Jäger",
    "Lange",
    "Schröder",
    "Meyer-Lüders",
    "Kaiser",
];
const SPANISH_FIRST: &[&str] = &[
    "María", "Lucía", "Sofía", "Martina", "Inés", "Begoña", "José", "Álvaro", "Íñigo", "Hugo", "Mateo", "Núria", "Jordi", "Carmen",
    "Andrés", "Raúl", "Óscar", "Ainhoa", "Iker", "Rocío",
];
const SPANISH_LAST: &[&str] = &[
    "García",
    "Fernández López",
    "Martínez",
    "Sánchez Peña",
    "Pérez",
    "Gómez Núñez",
    "Ibáñez",
    "Rodríguez Gil",
    "Muñoz",
    "Álvarez",
    "Castaño",
    "Domínguez",
    "Vázquez",
    "Ruiz de Larramendi",
    "Serrano",
    "Puig",
    "Ferrer i Soler",
    "Ortega",
    "Zubizarreta",
    "Iglesias",
];

pub(super) const COUNTRIES: [Country; 5] = [
    Country {
        code: "GB",
        locale: "en-GB",
        currency: "GBP",
        carriers: &["Royal Mail", "DPD", "UPS"],
        promise_days: (2, 4),
        cities: &["London", "Leeds", "Bristol", "Glasgow", "Cardiff", "Belfast", "King's Lynn", "St Andrews"],
        names: &[(ENGLISH_FIRST, ENGLISH_LAST)],
    },
    Country {
        code: "PL",
        locale: "pl-PL",
        currency: "PLN",
        carriers: &["InPost", "DPD", "DHL"],
        promise_days: (2, 4),
        cities: &["Warszawa", "Kraków", "Łódź", "Wrocław", "Poznań", "Gdańsk", "Białystok", "Świnoujście"],
        names: &[(POLISH_WOMEN, POLISH_WOMEN_LAST), (POLISH_MEN, POLISH_MEN_LAST)],
    },
    Country {
        code: "DE",
        locale: "de-DE",
        currency: "EUR",
        carriers: &["DHL", "Hermes", "GLS"],
        promise_days: (2, 4),
        cities: &["Berlin", "München", "Köln", "Düsseldorf", "Lübeck", "Weißenfels", "Görlitz", "Hamburg"],
        names: &[(GERMAN_FIRST, GERMAN_LAST)],
    },
    Country {
        code: "ES",
        locale: "es-ES",
        currency: "EUR",
        carriers: &["Correos", "SEUR", "GLS"],
        promise_days: (3, 5),
        cities: &["Madrid", "Barcelona", "Sevilla", "Málaga", "A Coruña", "Cádiz", "L'Hospitalet de Llobregat", "Logroño"],
        names: &[(SPANISH_FIRST, SPANISH_LAST)],
    },
    Country {
        code: "US",
        locale: "en-US",
        currency: "USD",
        carriers: &["UPS", "FedEx", "USPS"],
        promise_days: (3, 6),
        cities: &["New York", "Chicago", "Austin", "Seattle", "Coeur d'Alene", "Cañon City", "Boston", "Denver"],
        names: &[(AMERICAN_FIRST, AMERICAN_LAST)],
    },
];
const COUNTRY_WEIGHTS: [u64; 5] = [30, 25, 20, 15, 10];
const DOMAINS: [&str; 3] = ["example.com", "example.org", "example.net"];

/// The customer with this index; the same one whenever asked.
pub(super) fn customer(seed: u64, index: u64) -> (Customer, &'static Country) {
    let mut random = Random::of(seed, "customer", index);
    let country = &COUNTRIES[random.weighted(&COUNTRY_WEIGHTS)];
    let (first, last) = *random.pick(country.names);
    let (first, last) = (*random.pick(first), *random.pick(last));
    let domain = DOMAINS[random.weighted(&[6, 3, 1])];
    let customer = Customer {
        name: format!("{first} {last}"),
        // The index makes it unique: two Anna Nowaks are two people.
        email: format!("{}.{}{}@{domain}", mail_word(first), mail_word(last), index + 1),
        phone: phone(country.code, &mut random),
        city: random.pick::<&str>(country.cities),
        country: country.code,
        locale: country.locale,
    };
    (customer, country)
}

/// Ranges that Ofcom, the Bundesnetzagentur and the North American numbering plan keep free for fiction.
fn phone(country: &str, random: &mut Random) -> Option<String> {
    match country {
        "GB" => Some(format!("+447700900{:03}", random.below(1_000))),
        "DE" => Some(format!("+493023125{:03}", random.below(1_000))),
        "US" => Some(format!("+1{}55501{:02}", random.pick(&["212", "312", "512", "206", "617"]), random.below(100))),
        _ => None,
    }
}

/// A name as it looks in a mail address: lower case ASCII letters only.
fn mail_word(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).filter_map(ascii).collect()
}

fn ascii(c: char) -> Option<char> {
    Some(match c {
        'a'..='z' => c,
        'á' | 'ä' | 'ą' | 'à' => 'a',
        'ć' | 'ç' => 'c',
        'é' | 'ë' | 'ę' | 'è' => 'e',
        'í' | 'ï' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' => 'n',
        'ó' | 'ö' | 'ò' => 'o',
        'ś' | 'ß' => 's',
        'ú' | 'ü' => 'u',
        'ź' | 'ż' => 'z',
        _ => return None,
    })
}
