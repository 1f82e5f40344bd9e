"""What one chapter alone needs: its solutions, the checks of its exercises, its figures.

``lessons/PART/CHAPTER/`` is named as ``book/PART/CHAPTER.md``. A lesson builds on the library and
on no other lesson; what two lessons need is library, under the name of what it is.
"""
