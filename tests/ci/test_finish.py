"""Previews of shared links, and the pages left at former addresses."""

import nbformat
import pytest
from finish import add_previews, add_redirects, description, trim_icons

from gpu_course.book.chapters import Chapter
from gpu_course.errors import CourseError

PAGE = """<html><head><title>Blur &amp; more &#8212; GPU image analysis</title>
</head><body><h1>Blur &amp; more</h1>
<div class="course-header"><p class="course-stamp">Outputs</p><p>20 min</p></div>
<p>What does a <a href="x">blur</a> do
to "edges"?</p><p>Second.</p>{}</body></html>"""


def written(folder, name, picture=""):
    file = folder / f"{name}.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PAGE.format(picture), encoding="utf-8")
    return file


def test_description_is_the_first_paragraph_and_no_fact():
    assert description(PAGE) == 'What does a blur do to "edges"?'
    assert description("<h1>A</h1>") == ""
    long = description(f"<h1>A</h1><p>{'word ' * 90}</p>")
    assert len(long) <= 200
    assert long.endswith("word …")


def test_a_page_says_what_it_is_once(tmp_path):
    file = written(tmp_path, "part/blur", '<img alt="" src="../_images/a.png">')
    add_previews(tmp_path)
    html = file.read_text(encoding="utf-8")
    assert '<meta property="og:title" content="Blur &amp; more" />' in html
    assert 'content="What does a blur do to &quot;edges&quot;?"' in html
    # Nobody knows the full address of a picture on a disk.
    assert "og:image" not in html
    add_previews(tmp_path)
    assert file.read_text(encoding="utf-8") == html


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("../_images/a.png", "https://here.org/course/_images/a.png"),
        ("data:image/webp;base64,AAAA", "https://here.org/course/_images/preview-part-blur.webp"),
        ("../_images/missing.png", ""),
    ],
)
def test_the_picture_is_the_first_of_the_page(tmp_path, source, said):
    file = written(tmp_path, "part/blur", f'<img alt="" src="{source}"><img src="b.png">')
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images" / "a.png").write_bytes(b"")
    add_previews(tmp_path, "https://here.org/course/")
    html = file.read_text(encoding="utf-8")
    assert "https://here.org/course/part/blur.html" in html
    assert (f'property="og:image" content="{said}"' in html) == bool(said)
    assert ("summary_large_image" in html) == bool(said)
    if "preview" in said:
        assert (tmp_path / "_images" / "preview-part-blur.webp").read_bytes() == b"\0\0\0"


def chapter(name, *old):
    notebook = nbformat.v4.new_notebook(metadata={"course": {"moved_from": list(old)}})
    return Chapter(name, notebook)


def test_a_former_address_leads_to_the_chapter(tmp_path):
    assert add_redirects(tmp_path, [chapter("new/name", "old/name", "older")]) == [
        "old/name",
        "older",
    ]
    assert 'href="../new/name.html"' in (tmp_path / "old" / "name.html").read_text()
    assert 'url=new/name.html"' in (tmp_path / "older.html").read_text()


def test_a_page_that_is_there_is_not_written_over(tmp_path):
    written(tmp_path, "old/name")
    with pytest.raises(CourseError, match="there is a page"):
        add_redirects(tmp_path, [chapter("new/name", "old/name")])
    with pytest.raises(CourseError, match="there is a page"):
        add_redirects(tmp_path, [chapter("a", "b"), chapter("c", "b")])


def test_icons_that_nobody_shows_lose_their_drawing(tmp_path):
    script = tmp_path / "_static" / "scripts" / "fontawesome.js"
    script.parent.mkdir(parents=True)
    icons = ['sun:[5,5,[9],"f1","M1"]', '"moon-x":[5,5,["old-moon"],"f2",["M2","M3"]]',
             '"far-off":[5,5,[],"f3","M4"]', 'two:[5,5,[],"f4",["M5","M6"]]']  # fmt: skip
    script.write_text(f"v={{{','.join(icons)}}}", encoding="utf-8")
    (tmp_path / "a.html").write_text('<i class="fa-solid fa-sun"></i>', encoding="utf-8")
    (tmp_path / "_static" / "theme.js").write_text("'fa-old-moon'", encoding="utf-8")
    trim_icons(tmp_path)
    icons[2:] = ['"far-off":[5,5,[],"f3",""]', 'two:[5,5,[],"f4",""]']
    assert script.read_text(encoding="utf-8") == f"v={{{','.join(icons)}}}"
    trim_icons(tmp_path / "nowhere")
