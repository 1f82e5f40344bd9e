"""How the lines of every chart are told apart: by colour, by mark, and by name."""

#: After Okabe and Ito, for every kind of colour vision; https://jfly.uni-koeln.de/color/
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#7f3f78", "#444444")

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
