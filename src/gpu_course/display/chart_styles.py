"""How the lines of every chart are told apart: by colour, by mark, and by name."""

#: After Okabe and Ito, for every kind of colour vision; https://jfly.uni-koeln.de/color/
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#7f3f78", "#444444")

#: The bright ones of that palette, for lines on a grey picture, where dark ones would drown.
BRIGHT = ("#e69f00", "#56b4e9", "#cc79a7")

#: Where a page is printed in grey, marks still differ.
MARKS = "os^Dv"

DASHES = ("-", "--", "-.", ":")

#: What is drawn but not meant: grids, single scenes behind their median, the frame of a legend.
QUIET = "#b3b3b3"
GRID = "#dddddd"
INK = "#222222"

#: A method of the course has one colour and one mark, on whichever page it is drawn.
METHODS = {
    "classical": 0,
    "pixel classification": 1,
    "deep learning": 2,
    "U-Net": 2,
    "StarDist": 3,
}
