"""The console and the chat in real Chromium: what people see, hear and press."""

from __future__ import annotations

import json
import uuid

import axe
import pytest
from chromium import Broken, Chromium, Page

from shop import Shop, eventually

SHOP_PAGE = "http://localhost:3000/"  # an origin that the local cloud lets in
CHAT = "document.querySelector('#chat').shadowRoot"
WIDGET = "document.querySelector('#orderflow-chat').shadowRoot"
JOHN = "john.smith@example.com"


@pytest.fixture
def page(browser: Chromium) -> Page:
    return browser.page()


def say(page: Page, chat: str, text: str) -> str:
    """Types into the field that has the focus, sends with Enter, and waits for the answer."""
    page.type(text)
    page.press("Enter")
    page.wait(f"{chat}.querySelector('form').ariaBusy === 'false' && {chat}.querySelector('.log').lastChild.matches('.them')", "an answer")
    return page.js(f"{chat}.querySelector('.log').lastChild.querySelector('p').textContent")


def shop_page(shop: Shop, attributes: str = "") -> dict:
    """A page of a shop on another origin that allows itself nothing but the chat's two addresses."""
    api = shop.env["api_url"]
    policy = f"default-src 'none'; script-src {api}; connect-src {api}; require-trusted-types-for 'script'; trusted-types 'none'"
    script = f"""<script src="{api}/widget.js" data-key="{shop.keys['publishable_key']}" {attributes} defer></script>"""
    html = f"""<!doctype html><html lang="en"><head><title>Mugs</title>{script}</head><body><main><h1>Mugs</h1><a href="#">Blue mug</a></main></body></html>"""
    return {SHOP_PAGE: lambda _: (200, {"content-type": "text/html; charset=utf-8", "content-security-policy": policy}, html)}


def test_the_root_page_is_the_chat(shop: Shop) -> None:
    answer = shop.call("GET", "/", key=None)
    assert answer.status == 200 and "Track orders with natural language" in answer.body.decode()


# req: S0-21
def test_the_chat_asks_for_what_is_missing_and_answers(page: Page, shop: Shop) -> None:
    page.goto(shop.env["api_url"] + "/")
    page.wait(f"!!{CHAT}", "the chat")
    assert page.js(f"{CHAT}.querySelector('h1').textContent") == "OrderStatusAI"
    text = page.js(f"{CHAT}.textContent")
    for said in (
        "Track orders with natural language",
        "Hi! Please provide your order number and e-mail, and I’ll check its status.",
        "Your message is processed securely. We only use your email to verify your order.",
    ):
        assert said in text
    assert page.js(f"{CHAT}.activeElement.tagName") == "TEXTAREA", "one can type at once"
    assert say(page, CHAT, "1001") == "For verification, please also provide the e-mail used to place the order."
    assert page.js(f"{CHAT}.activeElement.placeholder") == "name@example.com", "it follows what is still needed"
    answer = say(page, CHAT, JOHN)
    assert "1001" in answer and "Delayed" in answer
    # Number and address are remembered for as long as the page is there, and nowhere else.
    assert "Delayed" in say(page, CHAT, "And when will it come?")
    assert page.js("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    # Shift and Enter begin a new line.
    page.type("one")
    page.press("Enter", shift=True)
    assert page.js(f"{CHAT}.activeElement.value") == "one\n"
    assert page.complaints == []


# req: S0-21
def test_the_chat_shows_that_it_types_and_says_what_went_wrong(page: Page, shop: Shop) -> None:
    ask = shop.env["api_url"] + "/v1/ask"
    html = "<img src=x onerror=alert(1)> **bold@example.com** <b>plain</b>"
    page.goto(shop.env["api_url"] + "/chat#" + shop.keys["publishable_key"])
    page.wait(f"!!{CHAT}", "the chat")

    seen = {}

    def answer(status: int, body: object = None) -> None:
        def respond(request: dict) -> tuple[int, dict, str]:
            seen["request"] = request
            return status, {"content-type": "application/json"}, json.dumps(body)

        page.stand_in({ask: respond})

    answer(200, {"reply": html, "needs": [], "trace_id": "t"})
    page.js(f"new MutationObserver(() => {{ window.dots ||= !!{CHAT}.querySelector('.typing'); }}).observe({CHAT}, {{childList: true, subtree: true}})")
    assert say(page, CHAT, "1001") == html.replace("**", "")
    assert page.js("window.dots"), "dots were shown while it thought"
    assert page.js(f"{CHAT}.querySelector('.log').lastChild.innerHTML").count("<strong>") == 1
    assert page.js(f"{CHAT}.querySelector('.log img, .log b') === null"), "what comes from outside is text"
    assert seen["request"]["headers"]["x-api-key"] == shop.keys["publishable_key"]
    for status, words in (
        (429, "There have been too many attempts"),
        (403, "This chat is not set up yet"),
        (422, "Your message is too long"),
        (503, "Something went wrong on our side"),
        (0, "There is no connection"),
    ):
        answer(status)
        assert words in say(page, CHAT, "" if status != 429 else "1002")
        assert page.js(f"{CHAT}.activeElement.value") == "1002", "the message is still there"
    page.stand_in({})


# req: S0-14, S0-21
def test_a_code_by_mail_opens_the_order_of_who_forgot_the_address(page: Page, shop: Shop) -> None:
    number = str(uuid.uuid4().int % 9_000_000 + 1_000_000)
    email = f"forgotten-{number}@example.com"
    assert shop.place(number, email).status == 201
    page.goto(shop.env["api_url"] + "/")
    page.wait(f"!!{CHAT}", "the chat")
    page.type(f"Where is order #{number}? I am other@example.com")
    page.press("Enter")
    page.wait(f"!!{CHAT}.querySelector('.offer')", "the offer to send a code")
    assert axe.missing() or axe.findings(page) == []
    page.js(f"{CHAT}.querySelector('.offer').click()")
    page.wait(f"{CHAT}.querySelector('.log').lastChild.textContent.includes('code')", "what became of it")
    assert page.js(f"{CHAT}.activeElement.tagName") == "TEXTAREA", "the code can be typed at once"
    [mail] = eventually(lambda: [mail for mail in shop.outside("/mail") if email in mail["to"] and "code" in mail["subject"]], "the code by mail")
    code = mail["subject"].split()[0]
    wrong = "000000" if code != "000000" else "111111"
    page.type(wrong)
    page.press("Enter")
    page.wait(f"{CHAT}.querySelector('form').ariaBusy === 'false' && {CHAT}.querySelector('.log').lastChild.matches('.them, .offers')", "an answer")
    assert number not in page.js(f"[...{CHAT}.querySelectorAll('.them')].at(-1).textContent"), "a wrong code opens nothing"
    answer = say(page, CHAT, code)
    assert number in answer and "has been received" in answer
    assert page.complaints == []


# req: S0-22
def test_the_chat_looks_like_glass_over_four_colours(page: Page, shop: Shop) -> None:
    page.goto(shop.env["api_url"] + "/")
    page.wait(f"!!{CHAT}", "the chat")
    ground = f"getComputedStyle({CHAT}.querySelector('.ground')).backgroundColor"
    blobs = f"[...{CHAT}.querySelectorAll('.ground i')].map(blob => getComputedStyle(blob).backgroundColor)"
    assert page.js(ground) == "rgb(234, 240, 255)"
    assert page.js(blobs) == ["rgb(255, 124, 110)", "rgb(122, 168, 255)", "rgb(255, 214, 110)", "rgb(255, 124, 46)"]
    assert "blur" in page.js(f"getComputedStyle({CHAT}.querySelector('.sheet')).backdropFilter")
    moving = f"getComputedStyle({CHAT}.querySelector('.ground i')).animationName"
    assert page.js(moving) == "drift"
    page.prefer(color_scheme="dark", reduced_motion="reduce")
    assert page.js(ground) == "rgb(13, 16, 32)" and page.js(moving) == "none"


# req: S0-21
def test_a_shop_embeds_the_chat_by_one_line_inside_a_strict_policy(page: Page, shop: Shop) -> None:
    page.stand_in(shop_page(shop))
    page.goto(SHOP_PAGE)
    page.wait(f"!!{WIDGET}", "the button")
    assert page.js("document.activeElement === document.body"), "it does not take the focus by itself"
    for _ in range(2):  # the shop's own link, then the button
        page.press("Tab")
    assert page.js(f"{WIDGET}.activeElement?.textContent") == "Where is my order?"
    page.press("Enter")
    page.wait(f"{WIDGET}.activeElement?.tagName === 'TEXTAREA'", "the field to have the focus")
    assert page.js(f"{WIDGET}.querySelector('[role=dialog]').hidden") is False
    assert say(page, WIDGET, "Where is 1001?") == "For verification, please also provide the e-mail used to place the order."
    assert "Delayed" in say(page, WIDGET, JOHN)
    page.press("Escape")
    assert page.js(f"{WIDGET}.querySelector('[role=dialog]').hidden && {WIDGET}.activeElement.matches('.open')"), "back where one was"
    page.press("Enter")
    assert page.js(f"{WIDGET}.querySelectorAll('.me').length") == 2, "the conversation is still there"
    # The shop's page is as it was: its own text keeps its own look, and nothing of ours is in the open.
    assert page.js("getComputedStyle(document.querySelector('h1')).fontSize") == "32px"
    assert page.js("document.styleSheets.length + document.adoptedStyleSheets.length + localStorage.length") == 0
    assert page.complaints == [], "nothing that the policy refuses"


def test_the_chat_speaks_the_language_of_the_page(page: Page, shop: Shop) -> None:
    page.stand_in(shop_page(shop, 'data-lang="pl"'))
    page.goto(SHOP_PAGE)
    page.wait(f"!!{WIDGET}", "the button")
    assert page.js(f"{WIDGET}.querySelector('.open').textContent") == "Gdzie jest moje zamówienie?"


# req: S1-55
def test_the_dashboard_renews_itself_and_leaves_the_focus_alone(page: Page, shop: Shop) -> None:
    shop.sign_in(page)
    shown = "document.querySelector('#stat-received .stat-value').textContent"
    before = page.js(shown)
    page.js("document.querySelector('#reason-all').focus()")
    assert shop.place().status == 201
    # Coming back to the tab looks again at once; otherwise it is every 30 seconds.
    eventually(lambda: page.js("document.dispatchEvent(new Event('visibilitychange'))") and page.js(shown) != before, "the figure to change")
    assert page.js("document.activeElement.id") == "reason-all"
    assert "live" in page.js("document.querySelector('[data-live]').textContent")


# req: S1-48, S1-50, S1-52, S1-57, S1-58
def test_an_operator_works_through_the_queue_by_keyboard(page: Page, shop: Shop) -> None:
    shop.sign_in(page)
    page.prefer(reduced_motion="reduce")
    page.goto(f"{shop.env['api_url']}/order-tracking")
    assert "Orders Requiring Attention" in page.js("document.querySelector('main').textContent")
    moving = "[...document.querySelectorAll('*')].filter(e => { const s = getComputedStyle(e); return [s.transitionDuration, s.animationDuration].some(d => d.split(',').some(p => parseFloat(p) > 0.01)); }).length"
    assert page.js(moving) == 0, "nothing moves for whoever wants nothing to move"
    page.js("document.body.focus()")
    page.press("j")
    first = page.js("document.activeElement.closest('li').querySelector('a[data-dialog]').id")
    page.js(f"document.getElementById('{first}').focus()")
    page.press("Enter")
    page.wait("document.querySelector('#order-dialog').open", "the dialog")
    text = page.js("document.querySelector('#order-dialog').textContent")
    assert all(word in text for word in ("Current:", "Timeline", "Notifications sent:", "%")), text
    assert page.js("document.querySelectorAll('#order-dialog svg[role=img] title').length") > 0
    page.press("Escape")
    page.wait("!document.querySelector('#order-dialog').open", "the dialog to close")
    assert page.js("document.activeElement.id") == first, "the focus is back where it was"
    page.js("document.querySelector('form[action$=\"/auto-progress\"] button').click()")
    page.wait("!!document.querySelector('.flash')", "the word of what was done")
    assert page.js("location.pathname") == "/order-tracking"


# A camera's picture, chosen as a person would choose it.
CHOSEN = """(() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 3000, height: 1500 });
  canvas.toBlob((blob) => {
    const chosen = new DataTransfer(), input = document.querySelector('[data-photos] input[data-kind=packing]');
    chosen.items.add(new File([blob], 'box.png', { type: 'image/png' }));
    input.files = chosen.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
})()"""


# req: S1-36
def test_a_photo_is_made_small_and_shown(page: Page, shop: Shop, number: str) -> None:
    assert shop.place(number).status == 201
    shop.sign_in(page)
    page.goto(f"{shop.env['console_url']}/orders/{number}")
    page.js(CHOSEN)
    page.wait("document.querySelector('[data-photos] img')?.naturalWidth > 0", "the picture")
    assert page.js("document.querySelector('[data-note]').textContent") == "Added."
    assert page.js("document.activeElement.dataset.kind") == "packing", "whoever has more photos goes on"
    size = page.js("(({ naturalWidth, naturalHeight }) => [naturalWidth, naturalHeight].join())(document.querySelector('[data-photos] img'))")
    assert size == "2048,1024"
    assert page.js("!!document.querySelector('.timeline a[href$=\".jpg\"]')") is False, "the timeline is drawn with the page"
    page.goto(f"{shop.env['console_url']}/orders/{number}")
    assert page.js("!!document.querySelector('.timeline a[href$=\".jpg\"]')"), "and leads to it then"


# req: S0-31
def test_staff_switch_a_message_off_and_on(page: Page, shop: Shop) -> None:
    shop.sign_in(page)
    for expected in (False, True):
        page.goto(f"{shop.env['console_url']}/messages")
        page.js("document.querySelector('[name=email-return-requested]').click()")
        page.js("document.querySelector('form[action=\"/console/messages\"] button[type=submit]').click()")
        page.wait("document.querySelector('.flash')?.textContent.includes('Saved')", "the word that it was saved")
        rules = shop.call("GET", "/v1/notify-rules").json["rules"]
        assert rules.get("Return Requested", {"email": True})["email"] is expected


def test_staff_tell_a_customer_again(page: Page, shop: Shop, number: str) -> None:
    assert shop.place(number, email=f"{number.lower()}@example.com").status == 201
    mails = lambda: [mail for mail in shop.outside("/mail") if number in json.dumps(mail)]  # noqa: E731
    eventually(lambda: len(mails()) == 1, "the mail about the new order")
    shop.sign_in(page)
    page.goto(f"{shop.env['console_url']}/orders/{number}")
    page.js("document.querySelector('form[action$=\"/notify\"] button').focus()")
    page.press("Enter")
    page.wait("document.querySelector('.flash')?.textContent.includes('on its way')", "the word that it was done")
    assert "Customer to be told: Received" in page.js("document.querySelector('.timeline').textContent")
    eventually(lambda: len(mails()) == 2, "the second mail")


ROUTES = ["", "/orders", "/orders?status=failed", "/orders/1001", "/stock", "/purchases", "/figures", "/reports", "/messages", "/messages/shipped?order=1001", "/inbox", "/ask", "/gone"]


@pytest.mark.parametrize(
    ("scheme", "width", "scale"),
    [("light", 1280, 1), ("dark", 1280, 1), ("light", 640, 2), ("dark", 390, 1)],
    ids=["light", "dark", "200-percent", "phone"],
)
def test_every_page_is_accessible(browser: Chromium, shop: Shop, scheme: str, width: int, scale: float) -> None:
    """axe-core finds nothing, nothing is cut off to the side, and the policy has nothing to refuse."""
    if why := axe.missing():
        pytest.skip(f"{why}; accessibility is left to machines that have it")
    page = browser.page(width, 900)
    page.size(width, 900, scale)
    page.prefer(color_scheme=scheme, reduced_motion="reduce")
    faults: list[str] = []

    def look(name: str) -> None:
        faults.extend(f"{name}: {finding}" for finding in axe.findings(page))
        if page.js("document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"):
            faults.append(f"{name}: wider than the window")

    console = shop.env["console_url"]
    # Something waits in the inbox: news of an order that nobody has placed.
    assert shop.report("nobody-placed-this", "Delivered").status == 202
    waits = lambda: shop.call("GET", "/v1/inbox").json  # noqa: E731
    eventually(waits, "a webhook to wait")
    page.goto(f"{console}/login?flash=bad-key")
    look("login")
    shop.sign_in(page)
    for route in ROUTES:
        page.goto(console + route)
        page.js("document.querySelectorAll('details').forEach(details => { details.open = true; })")
        look(route or "dashboard")
    page.goto(shop.env["api_url"] + "/order-tracking")
    look("tracking")
    page.js("document.querySelector('a[data-dialog]').click()")
    page.wait("document.querySelector('#order-dialog').open", "the dialog")
    look("an order's dialog")
    for url in (shop.env["api_url"] + "/docs", shop.env["outside_url"]):
        page.goto(url)
        look(url)
    page.goto(shop.env["api_url"] + "/")
    page.wait(f"!!{CHAT}", "the chat")
    say(page, CHAT, "1001")
    look("chat")
    page.goto("about:blank")
    page.goto(shop.env["api_url"] + "/chat#of_demo_nonsense")
    page.wait(f"!!{CHAT}", "the chat")
    say(page, CHAT, "1001")
    look("chat with a wrong key")
    page.stand_in(shop_page(shop))
    page.goto(SHOP_PAGE)
    page.wait(f"!!{WIDGET}", "the button")
    look("button on a shop's page")
    page.js(f"{WIDGET}.querySelector('.open').click()")
    look("chat on a shop's page")
    expected = ("403", "404")  # a wrong key, and the page that says so
    faults += [complaint for complaint in page.complaints if not any(f"status of {status}" in complaint for status in expected)]
    assert faults == []
