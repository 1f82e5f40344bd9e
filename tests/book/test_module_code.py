import pytest

from gpu_course.book import module_code

MODULE = '''"""What it is."""

import math

LIMIT = 3  # of tries
"""How often."""


def area(radius):
    """Return the area."""
    # by hand
    text = """a kernel

    of two lines"""
    return math.pi * radius**2, text
'''


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"""What it is."""', '"""What it is,\n\nat length: # with a mark.\n"""'),
        ("# of tries", "# of attempts"),
        ('"""How often."""', '"""How many times."""'),
        ('    """Return the area."""\n', ""),
        ("    # by hand\n", ""),
        ("\n\n\ndef", "\n\ndef"),
    ],
)
def test_words_about_the_code_do_not_count(before, after):
    assert before in MODULE
    changed = MODULE.replace(before, after)
    assert module_code.digest(changed) == module_code.digest(MODULE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("radius**2", "radius**3"),
        ("a kernel", "the kernel"),
        ("a kernel\n\n", "a kernel\n"),
        ('"""a kernel', '"""# a kernel'),
        ('LIMIT = 3  # of tries\n"""How often."""', 'LIMIT = 3 + (\n1)\n"""How often."""'),
    ],
)
def test_every_character_of_the_code_counts(before, after):
    assert before in MODULE
    changed = MODULE.replace(before, after)
    assert module_code.digest(changed) != module_code.digest(MODULE)


def test_a_mark_inside_a_text_is_no_comment():
    assert module_code.digest('a = "#1"\n') != module_code.digest('a = "#2"\n')
    assert module_code.digest('a = "#1"  # x\n') == module_code.digest('a = "#1"\n')
    assert module_code.digest("a = f'#{1}'\n") != module_code.digest("a = f'#{2}'\n")


def test_a_text_beside_a_statement_counts():
    """Such a line is no docstring that stands alone; to leave it whole is the safe side."""
    assert module_code.digest('a = 1; "x"\n') != module_code.digest('a = 1; "y"\n')
