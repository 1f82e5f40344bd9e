"""Widgets in a real browser."""

import pytest


@pytest.fixture
def open_page(browser, page_html):
    """Open the page of a file's fixture; afterwards no error may have reached the console."""
    contexts, errors = [], []

    def open_(width=1000, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.set_content(page_html)
        page.wait_for_function("[...document.images].every(i => i.complete)")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not errors
