"""How the lines of every chart are told apart: by colour, by mark, and by name."""

#: After Okabe and Ito, for every kind of colour vision; https://jfly.uni-koeln.de/color/
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#7f3f78", "#444444")

#: Where a page is printed in grey, marks still differ.
MARKS = "os^Dv"
