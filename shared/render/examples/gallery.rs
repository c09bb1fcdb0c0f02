//! Writes one of everything this crate renders into a folder, to look at:
//! `cargo run -p render --example gallery -- /tmp/gallery`.

#[path = "../tests/it/sample.rs"]
mod sample;

use domain::kpi::{Comparison, Headline, daily};
use domain::money::{Currency, Money};
use domain::order::Label;
use jiff::Span;
use jiff::civil::date;
use render::mail::{Page, WebLink, html_body};
use render::svg::{self, Bar, DayPoint, Unit};
use std::error::Error;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("say which folder to write to")?);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("sample.xlsx"), render::xlsx::daily(&sample::kpi(date(2025, 8, 11)), &Comparison::default())?)?;
    std::fs::write(folder.join("busy.xlsx"), busy()?)?;
    std::fs::write(folder.join("empty.xlsx"), render::xlsx::daily(&daily(date(2025, 8, 11), []), &Comparison::default())?)?;
    let fonts = render::pdf::Fonts::built_in()?;
    std::fs::write(folder.join("sample.pdf"), render::pdf::delayed(&sample::kpi(date(2025, 8, 11)), "My Shop", &fonts)?)?;
    std::fs::write(folder.join("busy.pdf"), render::pdf::delayed(&sample::many_delayed(1_000), "Księgarnia Łódź", &fonts)?)?;
    std::fs::write(folder.join("empty.pdf"), render::pdf::delayed(&daily(date(2025, 8, 11), []), "My Shop", &fonts)?)?;
    std::fs::write(folder.join("charts.html"), charts(&folder)?)?;
    std::fs::write(folder.join("mail.html"), mail()?)?;
    Ok(())
}

fn charts(folder: &Path) -> Result<String, Box<dyn Error>> {
    let days: Vec<DayPoint> = (0..60)
        .map(|index: i64| DayPoint {
            day: date(2025, 6, 13).saturating_add(Span::new().days(index)),
            value: 120_000 + (index * 7_919 % 60_000) + if index % 7 > 4 { 40_000 } else { 0 },
        })
        .collect();
    let kpi = sample::kpi(date(2025, 8, 11));
    let statuses: Vec<Bar> = kpi.by_status.iter().map(Bar::from).collect();
    let eur = Unit::Money(Currency::EUR);
    let change = [("Łódź and its surroundings, all of them", 420), ("Berlin", -180), ("Málaga", 0)].map(|(name, value)| Bar {
        name: name.to_owned(),
        value,
        class: String::new(),
    });
    let charts = [
        svg::line("revenue", "Revenue a day, EUR", eur, &days),
        svg::line("few", "Orders a day", Unit::Count, &days[..2]),
        svg::line("none", "Orders a day", Unit::Count, &[]),
        svg::bars("status", "Orders by status", Unit::Count, &statuses),
        svg::bars("change", "Change against last week", Unit::Count, &change),
        svg::sparkline("spark", "Orders", Unit::Count, &days[..14]),
    ];
    let mut page = String::from("<!doctype html><meta charset=utf-8><title>Charts</title>");
    for (index, chart) in charts.iter().enumerate() {
        std::fs::write(folder.join(format!("chart-{index}.svg")), chart.svg.clone().into_string())?;
        page.push_str(&chart.figure().into_string());
    }
    Ok(page)
}

fn mail() -> Result<String, Box<dyn Error>> {
    Ok(html_body(&Page {
        lang: "en".to_owned(),
        shop: "Nordic Home".to_owned(),
        heading: "Order 1001 is delayed".to_owned(),
        message: "Dear John,\n\nwe are sorry: your parcel is taking longer than we promised. It is now expected on \
                  2025-08-10.\n\nKind regards,\nCustomer Care Team"
            .to_owned(),
        status: Some((Label::Delayed, "Delayed".to_owned())),
        facts: [("Order", "1001"), ("Expected", "2025-08-10"), ("Carrier", "DHL Paket")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        button: Some(("See your order".to_owned(), WebLink::parse("https://shop.example.com/o/1001")?)),
        footer: "You get this mail because you ordered at Nordic Home.".to_owned(),
        unsubscribe: Some(("Unsubscribe".to_owned(), WebLink::parse("https://shop.example.com/u")?)),
    }))
}

/// Every status, amounts, owners and two days to compare with.
fn busy() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut orders = Vec::new();
    for (index, label) in Label::ALL.into_iter().cycle().take(200).enumerate() {
        let mut order = sample::orders()[index % 14].clone();
        order.number = format!("{}", 20_001 + index);
        order.label = label;
        order.placed_on = Some(date(2025, 7, 1 + (index % 30) as i8));
        order.total = Some(Money::new(1_999 + 12_345 * index as i64, Currency::EUR));
        order.owner = Some(["DHL Paket", "UPS Standard", "Warehouse Łódź"][index % 3].to_owned());
        order.last_update = order.eta;
        orders.push(order);
    }
    orders[9].customer = "=HYPERLINK(\"http://example.com\",\"Click\")".to_owned();
    let kpi = daily(date(2025, 8, 11), orders);
    let then = Headline { as_of: date(2025, 8, 10), total: 188, sla_missed: 60, ..Headline::from(&kpi) };
    let comparison = Comparison { yesterday: Some(then), same_weekday: Some(Headline { total: 210, ..then }) };
    Ok(render::xlsx::daily(&kpi, &comparison)?)
}
