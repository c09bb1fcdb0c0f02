//! What the shop sells: 64 products in 8 categories, most of them in several finishes.

use super::random::Random;

/// A product in one finish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Article {
    pub(super) sku: String,
    pub(super) name: String,
    /// In hundredths of a euro; other currencies are derived from it.
    pub(super) price_euro_cents: i64,
}

struct Category {
    code: &'static str,
    finishes: &'static [&'static str],
    /// Name and price in whole euros; ten cents short of it is charged.
    products: [(&'static str, i64); 8],
}

const CATEGORIES: [Category; 8] = [
    Category {
        code: "HOM",
        finishes: &["oak", "walnut", "white", "charcoal"],
        products: [
            ("Floating shelf", 30),
            ("Side table", 90),
            ("Coat rack \"Björk\"", 60),
            ("Floor lamp", 120),
            ("Writer's desk", 260),
            ("Picture frame, set of 3", 25),
            ("Wall clock", 45),
            ("Laundry basket", 40),
        ],
    },
    Category {
        code: "KIT",
        finishes: &["black", "cream", "steel"],
        products: [
            ("Pour-over coffee maker", 35),
            ("Chef's knife, 20 cm", 80),
            ("Crêpe pan", 45),
            ("Café press, 1 l", 30),
            ("Digital scale", 25),
            ("Mixing bowls, set of 4", 35),
            ("Kettle", 70),
            ("Spice rack", 28),
        ],
    },
    Category {
        code: "CLO",
        finishes: &["S", "M", "L", "XL"],
        products: [
            ("Merino jumper", 85),
            ("Women's rain jacket", 130),
            ("Men's linen shirt", 60),
            ("Kids' dungarees", 40),
            ("Organic T-shirt", 22),
            ("Wool beanie", 20),
            ("Trail running shorts", 45),
            ("Cotton socks, 5 pairs", 18),
        ],
    },
    Category {
        code: "ELE",
        finishes: &["black", "white"],
        products: [
            ("Wireless earbuds", 95),
            ("Bluetooth speaker", 70),
            ("USB-C charger, 65 W", 40),
            ("E-reader case", 28),
            ("Smart plug, 2 pcs", 30),
            ("Mechanical keyboard", 120),
            ("27\" monitor", 240),
            ("Power bank, 10,000 mAh", 35),
        ],
    },
    Category {
        code: "TOY",
        finishes: &["classic", "large"],
        products: [
            ("Wooden train set", 55),
            ("Children's puzzle, 100 pcs", 15),
            ("Plush bear \"Łucjan\"", 25),
            ("Balance bike", 110),
            ("Building blocks", 35),
            ("Memory game", 14),
            ("Doll's house", 95),
            ("Kite", 22),
        ],
    },
    Category {
        code: "GAR",
        finishes: &["green", "terracotta", "anthracite"],
        products: [
            ("Plant pot, 30 cm", 25),
            ("Gardener's gloves", 12),
            ("Watering can, 10 l", 28),
            ("Raised bed", 90),
            ("Bird feeder", 20),
            ("Pruning shears", 32),
            ("Hammock", 75),
            ("Solar lanterns, 6 pcs", 40),
        ],
    },
    Category {
        code: "BEA",
        finishes: &["50 ml", "100 ml", "250 ml"],
        products: [
            ("Crème de jour", 32),
            ("Shampoo bar", 9),
            ("L'eau de citron", 48),
            ("Hand balm", 11),
            ("Beard oil", 18),
            ("Sun lotion SPF 50", 20),
            ("Argan hair oil", 24),
            ("Lavender bath salts", 14),
        ],
    },
    Category {
        code: "SPO",
        finishes: &["blue", "grey", "coral"],
        products: [
            ("Yoga mat", 40),
            ("Adjustable dumbbells", 190),
            ("Climber's chalk bag", 22),
            ("Water bottle, 0.75 l", 18),
            ("Resistance bands", 16),
            ("Foam roller", 26),
            ("Cycling helmet", 65),
            ("Trekking poles", 58),
        ],
    },
];

/// An article; cheap ones sell more often.
pub(super) fn article(random: &mut Random) -> Article {
    let category = random.pick(&CATEGORIES);
    let tried = [random.below(8) as usize, random.below(8) as usize];
    let product = tried.into_iter().min_by_key(|index| category.products[*index].1).unwrap_or(0);
    let finish = random.below(category.finishes.len() as u64) as usize;
    let (name, euros) = category.products[product];
    Article {
        sku: format!("{}-{:02}{}", category.code, product + 1, finish + 1),
        name: format!("{name}, {}", category.finishes[finish]),
        price_euro_cents: euros * 100 - 10,
    }
}

/// The price in a currency, in minor units, rounded to ten of them: 29.90 EUR is 127.90 PLN.
pub(super) fn price_minor(euro_cents: i64, currency: &str) -> i64 {
    let percent = match currency {
        "PLN" => 430,
        "GBP" => 86,
        "USD" => 109,
        _ => 100,
    };
    let converted = (euro_cents + 10) * percent / 100;
    (converted - converted % 100).max(100) - 10
}
