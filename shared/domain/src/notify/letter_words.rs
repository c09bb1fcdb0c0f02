//! The words of letters, language by language. In them `{n}` is the order's number, `{c}` the customer, `{of}` the shop, `{s}` how the order
//! stands, `{d}` a day, `{a}` an amount and `{l}` a link.

use super::Tongue;

/// The words of one language.
pub(super) struct Words {
    /// To somebody with a name, and to somebody without.
    pub greetings: [&'static str; 2],
    /// What a customer is called whose name cannot be said.
    pub customer: &'static str,
    /// Whose order it is; `{c}` is the shop.
    pub of_shop: &'static str,
    /// Where it stands: plainly, gladly, late, and late with no more to say of it.
    pub stands: [&'static str; 4],
    /// The day it is expected, and was.
    pub days: [&'static str; 2],
    /// Sorry, glad, plain.
    pub manners: [&'static str; 3],
    /// Kind regards; then who writes what the shop has not written itself.
    pub closing: [&'static str; 2],
    pub one_tap: &'static str,
    pub subjects: Subjects,
    pub delay: &'static str,
    pub changed: &'static str,
    pub question: &'static str,
    /// What a milestone says beside where the order stands: its total, that it is paid, what has gone back, that something is not in stock.
    pub total: &'static str,
    pub paid: &'static str,
    pub refunded: &'static str,
    pub backordered: &'static str,
}

/// Subject lines.
pub(super) struct Subjects {
    pub status: &'static str,
    pub delay: &'static str,
    pub changed: &'static str,
    pub about: &'static str,
    pub how_was_it: &'static str,
    pub confirmed: &'static str,
    pub paid: &'static str,
    pub shipped: &'static str,
    pub delivered: &'static str,
    pub refunded: &'static str,
    pub cancelled: &'static str,
    pub backordered: &'static str,
}

#[rustfmt::skip]
const EN: Words = Words {
    greetings: ["Dear {c},", "Hello,"],
    customer: "customer",
    of_shop: " from {c}",
    stands: ["Your order #{n}{of} {s}.", "Good news: your order #{n}{of} {s}.", "We are sorry, your order #{n}{of} {s} and is delayed.",
             "We are sorry, your order #{n}{of} is delayed."],
    days: ["The expected delivery date is {d}.", "It was expected on {d}."],
    manners: ["We understand how inconvenient this is and thank you for bearing with us.", "Thank you for your patience.",
              "Thank you for shopping with us."],
    closing: ["Kind regards,", "Customer Care Team"],
    one_tap: "One tap is enough: {l}",
    subjects: Subjects {
        status: "Order Status Update - Order {n}",
        delay: "Your order {n} takes a little longer",
        changed: "Your order {n} has changed",
        about: "About your order {n}",
        how_was_it: "How was your order {n}?",
        confirmed: "Order Confirmation - Order #{n}",
        paid: "Payment Confirmed - Order #{n}",
        shipped: "Your order has shipped - Order #{n}",
        delivered: "Order Delivered - Order #{n}",
        refunded: "Refund Processed - Order #{n}",
        cancelled: "Order Cancelled - Order #{n}",
        backordered: "Item Backordered - Order #{n}",
    },
    delay: "We are sorry that your order takes longer than usual. It is not forgotten: we are working on it and will write as soon as there is news.",
    changed: "A part of your order is called off: it is not sent, and you do not pay for it.",
    question: "How was your order? We'd love to hear! 💬",
    total: "The total is {a}.",
    paid: "Your payment of {a} is confirmed.",
    refunded: "We have sent {a} back the way it was paid.",
    backordered: "Something in it is not in stock at the moment; we will write as soon as it can leave.",
};

#[rustfmt::skip]
const PL: Words = Words {
    greetings: ["Dzień dobry, {c},", "Dzień dobry,"],
    customer: "Kliencie",
    of_shop: " w sklepie {c}",
    stands: ["Zamówienie #{n}{of} {s}.", "Dobra wiadomość: zamówienie #{n}{of} {s}.", "Przepraszamy, zamówienie #{n}{of} {s} i jest opóźnione.",
             "Przepraszamy, zamówienie #{n}{of} jest opóźnione."],
    days: ["Przewidywana data dostawy to {d}.", "Planowana data dostawy to {d}."],
    manners: ["Rozumiemy, jak bardzo to niewygodne, i dziękujemy za wyrozumiałość.", "Dziękujemy za cierpliwość.", "Dziękujemy za zakupy."],
    closing: ["Z poważaniem,", "Zespół Obsługi Klienta"],
    one_tap: "Wystarczy jedno kliknięcie: {l}",
    subjects: Subjects {
        status: "Aktualizacja statusu - zamówienie {n}",
        delay: "Zamówienie {n} potrwa nieco dłużej",
        changed: "Zmiana w zamówieniu {n}",
        about: "W sprawie zamówienia {n}",
        how_was_it: "Jak oceniasz zamówienie {n}?",
        confirmed: "Potwierdzenie zamówienia - zamówienie #{n}",
        paid: "Płatność potwierdzona - zamówienie #{n}",
        shipped: "Wysłaliśmy Twoje zamówienie - zamówienie #{n}",
        delivered: "Zamówienie doręczone - zamówienie #{n}",
        refunded: "Zwrot pieniędzy - zamówienie #{n}",
        cancelled: "Zamówienie anulowane - zamówienie #{n}",
        backordered: "Czekamy na towar - zamówienie #{n}",
    },
    delay: "Przepraszamy, że realizacja zamówienia trwa dłużej niż zwykle. Pamiętamy o nim: pracujemy nad nim i napiszemy, gdy tylko będzie coś nowego.",
    changed: "Część Państwa zamówienia została anulowana: nie zostanie wysłana i nie trzeba za nią płacić.",
    question: "Jak podobało się Państwu zamówienie? Chętnie poznamy opinię! 💬",
    total: "Suma: {a}.",
    paid: "Płatność na kwotę {a} jest potwierdzona.",
    refunded: "Zwróciliśmy {a} tą samą drogą, którą nadeszła płatność.",
    backordered: "Części zamówienia nie ma teraz w magazynie; napiszemy, gdy tylko będzie mogło wyruszyć.",
};

#[rustfmt::skip]
const ES: Words = Words {
    greetings: ["Estimado/a {c}:", "Hola:"],
    customer: "cliente",
    of_shop: " en {c}",
    stands: ["Su pedido #{n}{of} {s}.", "Buenas noticias: su pedido #{n}{of} {s}.", "Lo sentimos: su pedido #{n}{of} {s} y lleva retraso.",
             "Lo sentimos: su pedido #{n}{of} se retrasa."],
    days: ["La fecha de entrega prevista es el {d}.", "Estaba previsto para el {d}."],
    manners: ["Entendemos las molestias que esto causa y le agradecemos su comprensión.", "Gracias por su paciencia.", "Gracias por su compra."],
    closing: ["Un cordial saludo,", "Atención al cliente"],
    one_tap: "Basta con un toque: {l}",
    subjects: Subjects {
        status: "Estado de su pedido - Pedido {n}",
        delay: "Su pedido {n} tarda un poco más",
        changed: "Su pedido {n} ha cambiado",
        about: "Sobre su pedido {n}",
        how_was_it: "¿Qué tal su pedido {n}?",
        confirmed: "Confirmación del pedido - Pedido #{n}",
        paid: "Pago confirmado - Pedido #{n}",
        shipped: "Su pedido ha sido enviado - Pedido #{n}",
        delivered: "Pedido entregado - Pedido #{n}",
        refunded: "Reembolso realizado - Pedido #{n}",
        cancelled: "Pedido cancelado - Pedido #{n}",
        backordered: "Artículo pendiente de existencias - Pedido #{n}",
    },
    delay: "Sentimos que su pedido tarde más de lo habitual. No lo hemos olvidado: estamos en ello y le escribiremos en cuanto haya novedades.",
    changed: "Hemos cancelado una parte de su pedido: no se envía y no tiene que pagarla.",
    question: "¿Qué tal su pedido? ¡Nos encantaría saberlo! 💬",
    total: "El total es de {a}.",
    paid: "Su pago de {a} está confirmado.",
    refunded: "Le hemos devuelto {a} por el mismo medio de pago.",
    backordered: "Una parte no está disponible en este momento; le escribiremos en cuanto pueda salir.",
};

#[rustfmt::skip]
const FR: Words = Words {
    greetings: ["Bonjour {c},", "Bonjour,"],
    customer: "cher client",
    of_shop: " chez {c}",
    stands: ["Votre commande #{n}{of} {s}.", "Bonne nouvelle : votre commande #{n}{of} {s}.", "Nous sommes désolés : votre commande #{n}{of} {s}, avec du retard.",
             "Nous sommes désolés : votre commande #{n}{of} a pris du retard."],
    days: ["La livraison est prévue le {d}.", "Elle était prévue le {d}."],
    manners: ["Nous comprenons la gêne occasionnée et vous remercions de votre compréhension.", "Merci de votre patience.", "Merci de votre achat."],
    closing: ["Cordialement,", "Le service client"],
    one_tap: "Un seul clic suffit : {l}",
    subjects: Subjects {
        status: "Suivi de commande - Commande {n}",
        delay: "Votre commande {n} prend un peu plus de temps",
        changed: "Votre commande {n} a changé",
        about: "À propos de votre commande {n}",
        how_was_it: "Comment était votre commande {n} ?",
        confirmed: "Confirmation de commande - Commande #{n}",
        paid: "Paiement confirmé - Commande #{n}",
        shipped: "Votre commande a été expédiée - Commande #{n}",
        delivered: "Commande livrée - Commande #{n}",
        refunded: "Remboursement effectué - Commande #{n}",
        cancelled: "Commande annulée - Commande #{n}",
        backordered: "Article en rupture de stock - Commande #{n}",
    },
    delay: "Nous sommes désolés que votre commande prenne plus de temps que d'habitude. Nous ne l'oublions pas : nous nous en occupons et vous écrirons dès qu'il y aura du nouveau.",
    changed: "Une partie de votre commande est annulée : elle n'est pas expédiée et vous ne la payez pas.",
    question: "Comment était votre commande ? Votre avis nous intéresse ! 💬",
    total: "Le total est de {a}.",
    paid: "Votre paiement de {a} est confirmé.",
    refunded: "Nous vous avons remboursé {a} par le même moyen de paiement.",
    backordered: "Une partie n'est pas en stock pour le moment ; nous vous écrirons dès qu'elle pourra partir.",
};

#[rustfmt::skip]
const DE: Words = Words {
    greetings: ["Guten Tag {c},", "Guten Tag,"],
    customer: "liebe Kundin, lieber Kunde",
    of_shop: " bei {c}",
    stands: ["Ihre Bestellung #{n}{of} {s}.", "Gute Nachrichten: Ihre Bestellung #{n}{of} {s}.", "Es tut uns leid: Ihre Bestellung #{n}{of} {s} und verspätet sich.",
             "Es tut uns leid: Ihre Bestellung #{n}{of} verspätet sich."],
    days: ["Das voraussichtliche Lieferdatum ist der {d}.", "Sie war für den {d} geplant."],
    manners: ["Wir verstehen, wie ärgerlich das ist, und danken Ihnen für Ihr Verständnis.", "Vielen Dank für Ihre Geduld.", "Vielen Dank für Ihren Einkauf."],
    closing: ["Mit freundlichen Grüßen", "Ihr Kundenservice"],
    one_tap: "Ein Klick genügt: {l}",
    subjects: Subjects {
        status: "Status Ihrer Bestellung - Bestellung {n}",
        delay: "Ihre Bestellung {n} dauert etwas länger",
        changed: "Ihre Bestellung {n} hat sich geändert",
        about: "Zu Ihrer Bestellung {n}",
        how_was_it: "Wie war Ihre Bestellung {n}?",
        confirmed: "Bestellbestätigung - Bestellung #{n}",
        paid: "Zahlung bestätigt - Bestellung #{n}",
        shipped: "Ihre Bestellung wurde versandt - Bestellung #{n}",
        delivered: "Bestellung zugestellt - Bestellung #{n}",
        refunded: "Erstattung veranlasst - Bestellung #{n}",
        cancelled: "Bestellung storniert - Bestellung #{n}",
        backordered: "Artikel nicht vorrätig - Bestellung #{n}",
    },
    delay: "Es tut uns leid, dass Ihre Bestellung länger dauert als üblich. Sie ist nicht vergessen: Wir arbeiten daran und schreiben Ihnen, sobald es etwas Neues gibt.",
    changed: "Ein Teil Ihrer Bestellung ist storniert: Er wird nicht verschickt und nicht berechnet.",
    question: "Wie war Ihre Bestellung? Wir freuen uns über Ihre Meinung! 💬",
    total: "Der Gesamtbetrag ist {a}.",
    paid: "Ihre Zahlung über {a} ist bestätigt.",
    refunded: "Wir haben {a} auf dem Weg der Zahlung zurückerstattet.",
    backordered: "Ein Teil davon ist derzeit nicht vorrätig; wir schreiben Ihnen, sobald sie losgehen kann.",
};

pub(super) const fn words(tongue: Tongue) -> &'static Words {
    match tongue {
        Tongue::En => &EN,
        Tongue::Pl => &PL,
        Tongue::Es => &ES,
        Tongue::Fr => &FR,
        Tongue::De => &DE,
    }
}
