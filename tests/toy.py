"""Chapters small enough to read at a glance; one has every part that a real one may have."""

#: Front matter, open at its end.
_BEGIN = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
"""

#: Where a chapter begins that needs nothing and says nothing about itself.
HEAD = f"{_BEGIN}---\n# A chapter\n"

CHAPTER = (
    _BEGIN
    + """\
course:
  minutes: 5
  needs: [opencl]
---
(ch-toy)=
# A toy chapter

How many pixels are bright?

:::{admonition} What you will be able to do
Count.
:::

```{code-cell}
---
tags: [hide-input]
mystnb:
  figure: {caption: "Three pixels, see {ref}`ch-toy`.", name: fig-toy}
---
pixels = [0, 1, 1]
print(pixels)
```

:::{exercise-start} Count them
:label: ex-count
:::
Write a function.

```{code-cell}
:tags: [exercise]
def count(pixels):
    ...
```

:::{exercise-end}
:::

:::{solution-start} ex-count
:class: dropdown
:::
The secret answer:

```{literalinclude} /src/gpu_course/paths.py
:pyobject: data
```

```{code-cell}
:tags: [solution]
secret_solution = sum(pixels)
print(secret_solution)
```

Still secret.
:::{solution-end}
:::

## What to remember

After the solution.

```{code-cell}
print("the end")
```
"""
)
