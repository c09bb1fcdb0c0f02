use super::*;
use proptest::prelude::*;

fn draft(country: &str, postal_code: &str, region: &str) -> AddressDraft {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    AddressDraft {
        street: vec!["12 Long Street".to_owned()],
        city: "Town".to_owned(),
        region: some(region),
        postal_code: some(postal_code),
        country: country.to_owned(),
    }
}

/// What becomes of a code: "=" it is right, "> code" it is proposed otherwise, "! code" it is wrong and that may be meant, "!" it is wrong.
fn verdict(country: &str, code: &str, region: &str) -> String {
    match check(&draft(country, code, region)) {
        Ok(checked) => match checked.did_you_mean {
            None => "=".to_owned(),
            Some(better) => format!("> {}", better.postal_code.unwrap_or_default()),
        },
        Err(faults) => {
            assert_eq!(faults.len(), 1, "{country} {code}: {faults:?}");
            let meant = faults[0].message.split_once("did you mean ").map(|(_, rest)| rest.trim_end_matches('?'));
            format!("! {}", meant.unwrap_or(&faults[0].code)).trim_end().to_owned()
        }
    }
}

// req: S2-13
#[test]
fn postal_codes_by_country() {
    for (country, code, region, expected) in [
        ("US", "90210", "CA", "="),
        ("US", "90210-1234", "CA", "="),
        ("US", "902101234", "CA", "> 90210-1234"),
        ("US", "90210 1234", "CA", "> 90210-1234"),
        ("US", "9021", "CA", "! bad_postal_code"),
        ("US", "9O21O", "CA", "! 90210"),
        ("US", "00000", "CA", "! bad_postal_code"),
        ("US", "SW1A 1AA", "CA", "! bad_postal_code"),
        ("US", "", "CA", "! required"),
        ("GB", "SW1A 1AA", "", "="),
        ("GB", "sw1a1aa", "", "> SW1A 1AA"),
        ("GB", "M1 1AE", "", "="),
        ("GB", "B338TH", "", "> B33 8TH"),
        ("GB", "CR2 6XH", "", "="),
        ("GB", "DN55 1PT", "", "="),
        ("GB", "W1A 0AX", "", "="),
        ("GB", "EC1A 1BB", "", "="),
        ("GB", "SW1A 1A", "", "! bad_postal_code"),
        ("GB", "Q1 1AA", "", "! bad_postal_code"),
        ("GB", "SW1A 1CO", "", "! bad_postal_code"),
        // WO0 or W0O? Nobody can say.
        ("GB", "WOO 1AA", "", "! bad_postal_code"),
        ("PL", "00-950", "", "="),
        ("PL", "00950", "", "> 00-950"),
        ("PL", "PL 00-950", "", "> 00-950"),
        ("PL", "OO-950", "", "! 00-950"),
        ("PL", "00-95", "", "! bad_postal_code"),
        ("CA", "K1A 0B1", "ON", "="),
        ("CA", "k1a0b1", "ON", "> K1A 0B1"),
        ("CA", "K1A-0B1", "ON", "> K1A 0B1"),
        ("CA", "KIA OB1", "ON", "! K1A 0B1"),
        ("CA", "D1A 0B1", "ON", "! bad_postal_code"),
        ("CA", "Z1A 0B1", "ON", "! bad_postal_code"),
        ("DE", "10115", "", "="),
        ("DE", "D-10115", "", "> 10115"),
        ("DE", "1011", "", "! bad_postal_code"),
        ("DE", "00999", "", "! bad_postal_code"),
        ("NL", "1012 JS", "", "="),
        ("NL", "1012js", "", "> 1012 JS"),
        ("NL", "0012 JS", "", "! bad_postal_code"),
        ("NL", "1012 SS", "", "! bad_postal_code"),
        ("FR", "75001", "", "="),
        ("FR", "99999", "", "! bad_postal_code"),
        ("IT", "00118", "", "="),
        ("ES", "28001", "", "="),
        ("ES", "53000", "", "! bad_postal_code"),
        ("PT", "1100148", "", "> 1100-148"),
        ("SE", "11120", "", "> 111 20"),
        ("CZ", "110 00", "", "="),
        ("SK", "81101", "", "> 811 01"),
        ("GR", "10557", "", "> 105 57"),
        ("IE", "D02AF30", "", "> D02 AF30"),
        ("IE", "D6W XY00", "", "="),
        ("LV", "1010", "", "> LV-1010"),
        ("LV", "LV-1010", "", "="),
        ("LT", "lt01100", "", "> LT-01100"),
        ("MT", "VLT1117", "", "> VLT 1117"),
        ("AT", "1010", "", "="),
        ("AT", "A-1010", "", "> 1010"),
        ("BE", "1000", "", "="),
        ("BG", "1000", "", "="),
        ("CY", "1010", "", "="),
        ("DK", "1050", "", "="),
        ("EE", "10111", "", "="),
        ("FI", "00100", "", "="),
        ("HR", "10000", "", "="),
        ("HU", "1051", "", "="),
        ("LU", "L-1111", "", "> 1111"),
        ("RO", "010011", "", "="),
        ("SI", "1000", "", "="),
        ("CH", "8001", "", "="),
        ("CH", "0800", "", "! bad_postal_code"),
        ("NO", "0150", "", "="),
        ("NO", "0000", "", "! bad_postal_code"),
        ("JP", "100-0001", "Tokyo", "="),
        ("JP", "1000001", "Tokyo", "> 100-0001"),
        ("JP", "100-001", "Tokyo", "! bad_postal_code"),
        ("AU", "2000", "NSW", "="),
        ("AU", "200", "NSW", "! bad_postal_code"),
        ("IN", "110001", "Delhi", "="),
        ("IN", "110 001", "Delhi", "> 110001"),
        ("IN", "010001", "Delhi", "! bad_postal_code"),
        ("BR", "01310100", "SP", "> 01310-100"),
        ("HK", "", "", "="),
        ("AE", "", "Dubai", "="),
        ("ZZ", "whatever", "", "="),
        ("NG", "", "", "="),
    ] {
        assert_eq!(verdict(country, code, region), expected, "{country} {code:?}");
    }
}

// req: S2-13
#[test]
fn every_country_of_the_union_knows_its_own_example() {
    let union = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE";
    for code in union.split(' ').chain(["GB", "US", "CA", "AU", "IN", "CH", "NO", "JP"]) {
        assert!(country(code).is_some_and(|known| !known.shapes.is_empty()), "{code}");
    }
    for known in countries::COUNTRIES {
        let region = match known.code {
            "US" => "CA",
            "CA" => "ON",
            "AU" => "NSW",
            _ => "Anywhere",
        };
        assert_eq!(verdict(known.code, known.example, region), "=", "{}", known.code);
        assert!(known.shapes.iter().all(|shape| shape.len() <= limits::POSTAL_CODE_CHARS_MAX));
    }
}

fn codes(draft: &AddressDraft) -> Vec<(String, String)> {
    check(draft).expect_err("faults").into_iter().map(|fault| (fault.field, fault.code)).collect()
}

// req: S2-13
#[test]
fn all_the_faults_at_once() {
    let bad = AddressDraft {
        street: vec![String::new(), "a\u{7}b".to_owned(), "x".repeat(101), "y".to_owned()],
        city: " ".to_owned(),
        region: None,
        postal_code: Some("12".to_owned()),
        country: "US".to_owned(),
    };
    let expected = [
        ("address.street", "too_many"),
        ("address.street[0]", "required"),
        ("address.street[1]", "control_character"),
        ("address.street[2]", "too_long"),
        ("address.city", "required"),
        ("address.region", "required"),
        ("address.postal_code", "bad_postal_code"),
    ];
    assert_eq!(codes(&bad), expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    let nothing = ["address.country", "address.street", "address.city"];
    assert_eq!(codes(&AddressDraft::default()).into_iter().map(|(field, _)| field).collect::<Vec<_>>(), nothing);
    let hidden = AddressDraft { city: "To\u{202e}wn".to_owned(), ..draft("DE", "10115", "") };
    assert_eq!(codes(&hidden), [("address.city".to_owned(), "hidden_character".to_owned())]);
    let long = draft("ZZ", &"9".repeat(17), "");
    assert_eq!(codes(&long), [("address.postal_code".to_owned(), "too_long".to_owned())]);
}

// req: S2-13
#[test]
fn countries_and_regions_are_asked_back() {
    for (country, message) in [
        ("Germany", "two upper-case letters, as in PL: did you mean DE?"),
        ("pl", "two upper-case letters, as in PL: did you mean PL?"),
        ("UK", "UK is no country's code: did you mean GB?"),
        ("Atlantis", "two upper-case letters, as in PL"),
        ("P1", "two upper-case letters, as in PL"),
    ] {
        let faults = check(&draft(country, "SW1A 1AA", "")).expect_err("no country");
        assert_eq!(faults[0].message, message, "{country}");
    }
    for (country, code, region, proposed) in [
        ("US", "90210", "California", Ok(Some("CA"))),
        ("US", "90210", "ca", Ok(Some("CA"))),
        ("US", "90210", "CA", Ok(None)),
        ("US", "90210", "Californa", Err("no region of US: did you mean CA?")),
        ("US", "90210", "Bavaria", Err("no region of US")),
        ("CA", "K1A 0B1", "Ontario", Ok(Some("ON"))),
        ("AU", "2000", "new south wales", Ok(Some("NSW"))),
        ("DE", "10115", "Berlin", Ok(None)),
    ] {
        match (check(&draft(country, code, region)), proposed) {
            (Ok(checked), Ok(proposed)) => {
                assert_eq!(checked.address.region(), Some(region), "never altered");
                assert_eq!(checked.did_you_mean.and_then(|better| better.region).as_deref(), proposed, "{region}");
            }
            (Err(faults), Err(message)) => assert_eq!(faults[0].message, message),
            (got, _) => panic!("{country} {region}: {got:?}"),
        }
    }
}

// req: S2-13
#[test]
fn what_is_doubtful_is_said_and_accepted() {
    let doubts = |draft: &AddressDraft| {
        check(draft).unwrap().doubts.into_iter().map(|doubt| (doubt.field, doubt.code, doubt.message)).collect::<Vec<_>>()
    };
    let elsewhere = doubts(&draft("US", "10001", "CA"));
    assert_eq!(elsewhere[0].2, "10001 lies in NY or CT, not in CA");
    assert_eq!(doubts(&draft("CA", "H2Y 1C6", "ON"))[0].2, "H2Y 1C6 lies in QC, not in ON");
    assert_eq!(doubts(&draft("AU", "3000", "QLD"))[0].1, "elsewhere");
    assert_eq!(doubts(&draft("US", "90210", "California")), [], "by another name it is the same state");
    for line in ["P.O. Box 12", "PO BOX 12", "Postfach 1234", "Skr. poczt. 12"] {
        let boxed = AddressDraft { street: vec![line.to_owned()], ..draft("DE", "10115", "") };
        assert_eq!(doubts(&boxed)[0].1, "post_box", "{line}");
    }
    let long = AddressDraft { street: vec!["a".repeat(36)], ..draft("DE", "10115", "") };
    assert_eq!(doubts(&long)[0].1, "cut_off");
    let untidy = AddressDraft { city: "  New   York ".to_owned(), ..draft("US", "10001", "NY") };
    let checked = check(&untidy).unwrap();
    assert_eq!((checked.address.city(), checked.did_you_mean.unwrap().city.as_str()), ("  New   York ", "New York"));
}

#[test]
fn where_somebody_lives_is_not_logged() {
    let checked = check(&draft("DE", "10115", "")).unwrap();
    let said = format!("{checked:?}");
    assert!(!said.contains("Long Street") && !said.contains("10115") && said.contains("DE"), "{said}");
}

#[test]
fn an_address_is_stored_as_it_was_written_and_checked_when_it_is_read() {
    let checked = check(&draft("PL", "00950", "")).unwrap();
    let json = serde_json::to_string(&checked.address).unwrap();
    assert_eq!(serde_json::from_str::<PostalAddress>(&json).unwrap(), checked.address);
    assert!(serde_json::from_str::<PostalAddress>(&json.replace("00950", "0")).is_err());
}

proptest! {
    #[test]
    fn nothing_panics_and_what_is_proposed_is_good(
        country in prop::sample::select(countries::COUNTRIES.iter().map(|row| row.code).chain(["ZZ", "", "é"]).collect::<Vec<_>>()),
        code in "\\PC{0,12}",
        other in "[A-Z0-9 -]{3,9}",
        region in prop::option::of("\\PC{0,8}"),
    ) {
        for code in [code, other] {
            let given = AddressDraft { region: region.clone(), postal_code: Some(code), ..draft(country, "", "") };
            if let Ok(checked) = check(&given) {
                prop_assert_eq!(checked.address.draft(), &given);
                if let Some(better) = checked.did_you_mean {
                    let again = check(&better);
                    prop_assert!(again.as_ref().is_ok_and(|again| again.did_you_mean.is_none()), "{:?} {:?}", better.postal_code, again);
                }
            }
        }
    }
}
