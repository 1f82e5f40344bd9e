"""Files as programs write them: made here, byte by byte, with the writers those programs use."""

import io
import os
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from gpu_course import picture_files, picture_orientation
from gpu_course.errors import CourseError

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 60_000, (20, 30)).astype(np.uint16)
FEW = (GREY // 10_000).astype(np.uint8)
COLOURS = RNG.integers(0, 255, (20, 30, 3)).astype(np.uint8)
OPAQUE = np.dstack([COLOURS, np.full((20, 30), 255, np.uint8)])


def saved(tmp_path, array, name="a.tif", **how):
    if name.endswith(".tif"):
        tifffile.imwrite(tmp_path / name, array, **how)
    else:
        Image.fromarray(array).save(tmp_path / name, **how)
    return tmp_path / name


# --- TIFF ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"imagej": True},
        {"bigtiff": True},
        {"byteorder": ">"},
        {"tile": (16, 16)},
        {"predictor": True, "compression": "lzw"},
        *({"compression": name} for name in ("lzw", "deflate", "packbits", "zstd", "jpeg2000")),
    ],
    ids=str,
)
def test_every_way_to_pack_grey_values_gives_the_same_ones(tmp_path, how):
    array, axes = picture_files.read(saved(tmp_path, GREY, **how))
    np.testing.assert_array_equal(array, GREY)
    assert (axes, array.dtype) == ("YX", np.dtype(np.uint16))


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i1", "i2", "i4", "f2", "f4", "f8", ">u2"])
def test_every_type_keeps_its_values_in_this_machines_order_of_bytes(tmp_path, dtype):
    given = FEW.astype(dtype)
    array, _ = picture_files.read(saved(tmp_path, given))
    np.testing.assert_array_equal(array, given)
    assert array.dtype == given.dtype.newbyteorder("=")


STACK = RNG.integers(0, 9, (2, 20, 30)).astype(np.uint16)


@pytest.mark.parametrize(
    ("given", "how", "axes"),
    [
        (STACK, {"imagej": True, "metadata": {"axes": "ZYX"}}, "ZYX"),
        (STACK, {"imagej": True, "metadata": {"axes": "TYX"}}, "TYX"),
        (STACK, {"metadata": {"axes": "ZYX"}}, "ZYX"),
        (STACK, {}, "?YX"),
        (STACK[:1], {}, "YX"),
        (STACK[:1, None], {"imagej": True}, "YX"),
        (COLOURS, {"photometric": "rgb"}, "YXC"),
    ],
)
def test_axes_are_those_that_the_file_says(tmp_path, given, how, axes):
    picture = picture_files.read(saved(tmp_path, given, **how))
    assert picture.axes == axes
    np.testing.assert_array_equal(picture.array, np.squeeze(given))


@pytest.mark.parametrize(
    "how",
    [
        {"imagej": True, "metadata": {"axes": "CYX"}},
        {"metadata": {"axes": "CYX"}, "photometric": "minisblack"},
        {"photometric": "rgb", "planarconfig": "separate"},
    ],
    ids=str,
)
def test_channels_that_come_first_are_moved_to_the_end(tmp_path, how):
    given = np.moveaxis(COLOURS, -1, 0).copy()
    if how.get("imagej"):
        given = given.astype(np.uint16)  # ImageJ reads three channels of 8 bits as colours
    array, axes = picture_files.read(saved(tmp_path, given, **how))
    assert axes == "YXC"
    np.testing.assert_array_equal(array, COLOURS)


@pytest.mark.parametrize("axes", ["XY", "YXZ", "XYZ", "ZXY", "TXY", "CXY", "XYC", "QXY"])
def test_rows_come_before_columns_and_after_planes(tmp_path, axes):
    order = [axis for axis in axes if axis not in "ZYXC"]
    order += [axis for axis in "ZYXC" if axis in axes]
    given = np.arange(2 * 3 * 4 * 5 * 6).reshape(2, 3, 4, 5, 6)[(0,) * (5 - len(axes))]
    given = given.astype(np.uint16)
    how = {"photometric": "minisblack", "metadata": {"axes": axes}}
    stored = given.transpose([order.index(axis) for axis in axes])
    array, found = picture_files.read(saved(tmp_path, stored, **how))
    assert found == "".join(order).replace("Q", "?")
    np.testing.assert_array_equal(array, given)


def test_a_lut_of_imagej_changes_no_grey_value(tmp_path):
    lut = np.zeros((3, 256), np.uint16)
    lut[1] = np.arange(256) * 257
    array, axes = picture_files.read(saved(tmp_path, FEW, colormap=lut))
    assert axes == "YX"
    np.testing.assert_array_equal(array, FEW)


def test_white_that_was_saved_as_0_is_bright(tmp_path):
    array, _ = picture_files.read(saved(tmp_path, FEW, photometric="miniswhite"))
    np.testing.assert_array_equal(array, 255 - FEW)


MASK = np.where(GREY > 30_000, 255, 0).astype(np.uint8)


@pytest.mark.parametrize("given", [MASK, FEW, FEW.astype(np.uint16) * 900])
def test_numbers_stay_where_a_file_shows_0_as_white(tmp_path, given):
    """ImageJ writes the masks of its menu so: 255 on the objects, and shown black."""
    file = saved(tmp_path, given, photometric="miniswhite")
    np.testing.assert_array_equal(picture_files.read(file, numbers=True).array, given)


def test_grey_values_of_imagej_stay_as_imagej_measures_them(tmp_path):
    file = saved(tmp_path, FEW, imagej=True, photometric="miniswhite")
    np.testing.assert_array_equal(picture_files.read(file).array, FEW)


def test_black_and_white_that_a_scanner_wrote_is_as_it_looks(tmp_path):
    # One bit for a pixel, 0 for white, as fax machines have it: white is what was drawn.
    Image.fromarray(MASK > 0).save(tmp_path / "a.tif", tiffinfo={262: 0})
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        assert tiff.pages[0].photometric == tifffile.PHOTOMETRIC.MINISWHITE
    for numbers in (False, True):
        array, _ = picture_files.read(tmp_path / "a.tif", numbers=numbers)
        np.testing.assert_array_equal(array, MASK > 0)


@pytest.mark.parametrize("bits", [4, 12, 16])
def test_white_that_was_saved_as_0_is_the_highest_value_of_its_bits(tmp_path, bits):
    dtype = np.uint8 if bits < 8 else np.uint16
    given = RNG.integers(0, 2**bits, (20, 30)).astype(dtype)
    how = {"photometric": "miniswhite"} | ({} if bits == 16 else {"bitspersample": bits})
    array, _ = picture_files.read(saved(tmp_path, given, **how))
    np.testing.assert_array_equal(array, 2**bits - 1 - given)


def test_a_mask_of_true_and_false_is_not_turned_around(tmp_path):
    array, _ = picture_files.read(saved(tmp_path, FEW > 2))  # tifffile calls it “white is 0”
    np.testing.assert_array_equal(array, FEW > 2)
    file = saved(tmp_path, FEW > 2, "fax.tif", photometric="miniswhite", software="fax")
    np.testing.assert_array_equal(picture_files.read(file).array, FEW <= 2)


@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("how", [{"imagej": True}, {"ome": True}, {}], ids=str)
def test_a_channel_of_a_microscope_is_no_transparency(tmp_path, channels, dtype, how):
    given = RNG.integers(0, 200, (channels, 20, 30)).astype(dtype)
    highest = 1 if dtype == "f4" else np.iinfo(dtype).max
    for last in (given[-1].copy(), highest):  # the detector may be saturated, too
        given[-1] = last
        file = saved(tmp_path, given, photometric="minisblack", metadata={"axes": "CYX"}, **how)
        array, axes = picture_files.read(file)
        assert axes == "YXC"
        np.testing.assert_array_equal(array, np.moveaxis(given, 0, -1))


@pytest.mark.parametrize("name", ["a.tif", "a.jpg"])
def test_colours_for_print_are_not_taken_for_light(tmp_path, name):
    ink = Image.fromarray(np.dstack([COLOURS, np.full((20, 30), 255, np.uint8)]), "CMYK")
    ink.save(tmp_path / name)
    with pytest.raises(CourseError, match="colours of another kind"):
        picture_files.read(tmp_path / name)


# --- TIFF: which picture of a file, and all of it ------------------------------------------------

PLANES = RNG.integers(1, 9000, (4, 20, 30)).astype(np.uint16)


def written(tmp_path, *arrays, name="a.tif", hows=(), **options):
    """Write several arrays, each as a picture of its own."""
    with tifffile.TiffWriter(tmp_path / name, **options) as tiff:
        for number, array in enumerate(arrays):
            how = hows[number] if number < len(hows) else {}
            tiff.write(array, **({"photometric": "minisblack"} | how))
    return tmp_path / name


@pytest.mark.parametrize("ome", [True, False])
@pytest.mark.parametrize("other", [GREY + 1, GREY[:10, :12]], ids=["as large", "smaller"])
def test_of_several_pictures_none_is_chosen(tmp_path, ome, other):
    hows = [{"metadata": {"axes": "YX"}} if ome else {"metadata": None}] * 2
    for arrays in ([GREY, other.astype(np.int32)], [other.astype(np.int32), GREY]):
        file = written(tmp_path, *arrays, hows=hows, ome=ome)
        with pytest.raises(CourseError, match=r"holds 2 pictures .*each as a file of its own"):
            picture_files.read(file)


def test_overviews_and_coarser_levels_are_passed_over(tmp_path):
    fine = np.tile(GREY, (4, 4))
    coarse, reduced = fine[::2, ::2], {"subfiletype": 1, "metadata": None}
    for arrays, hows in (
        ([fine, coarse], [{"tile": (16, 16)}, reduced | {"tile": (16, 16)}]),
        ([coarse, fine], [reduced, {"metadata": None}]),  # as cameras do
        ([fine, GREY[:6, :6]], [{"metadata": None}] * 2),
    ):
        file = written(tmp_path, *arrays, hows=hows)
        np.testing.assert_array_equal(picture_files.read(file).array, fine)


OME = """<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"
UUID="urn:uuid:{own}"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT"
Type="uint16" SizeX="30" SizeY="20" SizeZ="1" SizeC="1" SizeT="4">{data}</Pixels></Image></OME>"""
PART = """<TiffData FirstT="{0}" IFD="0" PlaneCount="1"><UUID FileName="{0}.tif">urn:uuid:{0}</UUID>
</TiffData>"""


def test_of_a_picture_in_many_files_each_file_is_its_own_pixels(tmp_path):
    """tifffile joins what the metadata of each names: all of it, or zeros for what is not there."""
    data = "".join(map(PART.format, range(4)))
    for own, plane in enumerate(PLANES):
        description = OME.format(own=own, data=data)
        tifffile.imwrite(tmp_path / f"{own}.tif", plane, description=description, metadata=None)
    assert tifffile.imread(tmp_path / "2.tif").shape == PLANES.shape
    for _ in ("all are there", "some are not"):
        array, axes = picture_files.read(tmp_path / "2.tif")
        assert axes == "YX"
        np.testing.assert_array_equal(array, PLANES[2])
        (tmp_path / "1.tif").unlink(missing_ok=True)


def pages(file, **how):
    with tifffile.TiffWriter(file) as tiff:
        for plane in PLANES:
            tiff.write(plane, contiguous=False, metadata=None, **how)


@pytest.mark.parametrize("share", [0.2, 0.45, 0.7, 0.97])
@pytest.mark.parametrize(
    "write",
    [
        lambda file: tifffile.imwrite(file, PLANES, imagej=True),
        lambda file: tifffile.imwrite(file, PLANES, imagej=True, compression="zlib"),
        lambda file: tifffile.imwrite(file, PLANES, ome=True, metadata={"axes": "ZYX"}),
        lambda file: tifffile.imwrite(file, PLANES, photometric="minisblack"),
        lambda file: tifffile.imwrite(file, PLANES, photometric="minisblack", compression="lzw"),
        pages,
        lambda file: pages(file, compression="zlib"),
        lambda file: tifffile.imwrite(file, np.tile(GREY, (9, 9)), tile=(64, 64)),
    ],
)
def test_a_stack_cut_short_is_never_read_as_fewer_planes(tmp_path, write, share, capfd):
    file = tmp_path / "a.tif"
    write(file)
    assert picture_files.read(file).array.size in (PLANES.size, 81 * GREY.size)
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CourseError, match=r"cut short or damaged|cannot be read"):
        picture_files.read(file)
    assert not capfd.readouterr().err  # tifffile would name the folders of this machine


RAINBOW = RNG.integers(0, 2**16, (3, 256)).astype(np.uint16)


@pytest.mark.parametrize("given", [FEW, np.stack([FEW, FEW + 1])], ids=["plane", "stack"])
def test_a_palette_in_a_tiff_is_its_colours_or_its_numbers(tmp_path, given):
    file = saved(tmp_path, given, photometric="palette", colormap=RAINBOW)
    array, axes = picture_files.read(file)
    assert axes == "?YXC"[-array.ndim :]
    np.testing.assert_array_equal(array, (RAINBOW.T >> 8)[given])
    np.testing.assert_array_equal(picture_files.read(file, numbers=True).array, given)


def test_a_palette_means_the_same_in_tiff_and_png(tmp_path):
    drawn = Image.fromarray(COLOURS).quantize(16)
    greys = Image.fromarray(FEW, "P")
    greys.putpalette([value for value in RNG.permutation(256) for _ in range(3)])
    mask = Image.fromarray((MASK == 0).astype(np.uint8), "P")
    mask.putpalette([255, 255, 255, 0, 0, 0])
    for picture in (drawn, greys, mask):
        for name in ("a.png", "a.tif"):
            picture.save(tmp_path / name)
        for numbers in (False, True):
            first, second = (picture_files.read(tmp_path / f"a.{end}", numbers=numbers).array
                             for end in ("png", "tif"))  # fmt: skip
            np.testing.assert_array_equal(first > 0 if numbers else first,
                                          second > 0 if numbers else second)  # fmt: skip


@pytest.mark.parametrize("kind", ["ycbcr", "cfa", "logluv", "icclab"])
def test_no_other_colours_are_taken_for_red_green_and_blue(tmp_path, kind):
    given = GREY if kind == "cfa" else COLOURS
    how = {"subsampling": (1, 1)} if kind == "ycbcr" else {}
    with pytest.raises(CourseError, match="colours of another kind"):
        picture_files.read(saved(tmp_path, given, photometric=kind, **how))


def test_the_colours_of_a_jpeg_in_a_tiff_are_decoded(tmp_path):
    smooth = np.kron(COLOURS[:2, :2], np.ones((16, 16, 1), np.uint8))
    file = saved(tmp_path, smooth, photometric="rgb", compression="jpeg")
    with tifffile.TiffFile(file) as tiff:
        assert tiff.pages[0].photometric == tifffile.PHOTOMETRIC.YCBCR
    assert abs(picture_files.read(file).array.astype(int) - smooth).mean() < 12


def test_labels_packed_as_jpeg_in_a_tiff_are_refused(tmp_path):
    file = saved(tmp_path, FEW, compression="jpeg")
    picture_files.read(file)
    with pytest.raises(CourseError, match="packed as JPEG, which changes pixels"):
        picture_files.read(file, numbers=True)


def test_complex_numbers_are_no_grey_values(tmp_path):
    with pytest.raises(CourseError, match="complex64, which are no grey values"):
        picture_files.read(saved(tmp_path, GREY.astype(np.complex64)))


# --- PNG and JPEG -------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [FEW, GREY, COLOURS], ids=["8 bits", "16 bits", "colours"])
@pytest.mark.parametrize("numbers", [False, True])
def test_a_png_gives_its_values(tmp_path, given, numbers):
    array, axes = picture_files.read(saved(tmp_path, given, "a.png"), numbers=numbers)
    np.testing.assert_array_equal(array, given)
    assert (axes, array.dtype) == ("YXC"[: given.ndim], given.dtype)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_numbers_of_few_bits_are_those_that_were_written(tmp_path, bits):
    numbers = (FEW.astype(int) % 2**bits).astype(np.uint8)
    (tmp_path / "a.png").write_bytes(png_of(numbers, bits))
    array, axes = picture_files.read(tmp_path / "a.png", numbers=True)
    assert axes == "YX"
    np.testing.assert_array_equal(array, numbers)


def png_of(values, bits):
    """Return the bytes of a grey PNG; Pillow writes none of 2 or 4 bits."""
    spread = (values[..., None] >> np.arange(bits)[::-1]) & 1
    rows = np.packbits(spread.reshape(len(values), -1), axis=1)
    lines = np.pad(rows, ((0, 0), (1, 0))).tobytes()
    head = struct.pack(">IIBBBBB", values.shape[1], len(values), bits, 0, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")):
        checked = struct.pack(">I", zlib.crc32(kind + data))
        content += struct.pack(">I", len(data)) + kind + data + checked
    return content


def test_colours_of_16_bits_are_not_cut_down(tmp_path):
    import imagecodecs

    given = COLOURS.astype(np.uint16) * 200
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(given))
    np.testing.assert_array_equal(picture_files.read(tmp_path / "a.png").array, given)


def test_a_palette_is_numbers_for_labels_and_colours_for_an_image(tmp_path):
    picture = Image.fromarray(FEW, "P")
    picture.putpalette([n for value in range(256) for n in (value, 255 - value, 7)])
    picture.save(tmp_path / "a.png")
    np.testing.assert_array_equal(picture_files.read(tmp_path / "a.png", numbers=True).array, FEW)
    array, axes = picture_files.read(tmp_path / "a.png")
    assert axes == "YXC"
    np.testing.assert_array_equal(array[..., 0], FEW)
    picture.putpalette([value for value in range(256) for _ in range(3)])
    picture.save(tmp_path / "a.png")
    np.testing.assert_array_equal(picture_files.read(tmp_path / "a.png").array, FEW)


@pytest.mark.parametrize("colours", [[0, 255], [255, 0]])
def test_a_mask_with_a_palette_of_black_and_white_is_as_it_looks(tmp_path, colours):
    """Programs that make files small sort palettes as they like."""
    numbers = np.where(MASK > 0, colours.index(255), colours.index(0)).astype(np.uint8)
    picture = Image.fromarray(numbers, "P")
    picture.putpalette([value for value in colours for _ in range(3)])
    picture.save(tmp_path / "a.png")
    found = picture_files.read(tmp_path / "a.png", numbers=True).array
    np.testing.assert_array_equal(found > 0, MASK > 0)


def test_a_palette_of_colours_or_one_number_says_nothing_of_what_is_an_object(tmp_path):
    glasbey = [255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0]  # as Fiji's: 0 is shown white
    for given, palette in ((FEW * 0, glasbey), ((FEW > 2) * np.uint8(1), glasbey),
                           (FEW * 0, [255] * 3 + [0] * 3)):  # fmt: skip
        picture = Image.fromarray(given, "P")
        picture.putpalette(palette)
        picture.save(tmp_path / "a.png")
        found = picture_files.read(tmp_path / "a.png", numbers=True).array
        np.testing.assert_array_equal(found, given)


@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_four_channels_that_tifffile_calls_colours_are_kept(tmp_path, dtype):
    given = RNG.integers(0, 60_000, (40, 50, 4)).astype(dtype)
    array, axes = picture_files.read(saved(tmp_path, given))
    assert (axes, array.shape) == ("YXC", given.shape)


def test_a_photograph_of_a_phone_with_a_second_picture_in_it(tmp_path):
    one = Image.fromarray(COLOURS)
    one.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[one])
    assert picture_files.read(tmp_path / "a.jpg").array.shape == COLOURS.shape


def test_a_mask_of_imagej_with_its_palette_from_white_to_black(tmp_path):
    picture = Image.fromarray(MASK, "P")
    picture.putpalette([255 - value for value in range(256) for _ in range(3)])
    picture.save(tmp_path / "a.png")
    np.testing.assert_array_equal(picture_files.read(tmp_path / "a.png", numbers=True).array, MASK)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_black_and_white_is_0_and_1(tmp_path, name):
    Image.fromarray(FEW > 2).save(tmp_path / name)
    array, axes = picture_files.read(tmp_path / name)
    np.testing.assert_array_equal(array, FEW > 2)
    assert (axes, array.dtype) == ("YX", np.dtype(np.uint8))


def test_a_photograph_may_be_a_jpeg_and_labels_may_not(tmp_path):
    file = saved(tmp_path, np.full((20, 30, 3), 90, np.uint8), "a.jpg")
    array, axes = picture_files.read(file)
    assert axes == "YXC"
    assert abs(array.astype(int) - 90).max() <= 2
    with pytest.raises(CourseError, match=r"a\.jpg is a JPEG, which changes pixels"):
        picture_files.read(file, numbers=True)


def test_labels_in_a_jpeg_that_is_called_png_are_refused(tmp_path):
    Image.fromarray(FEW).save(tmp_path / "a.png", "JPEG")
    assert picture_files.read(tmp_path / "a.png").array.shape == FEW.shape
    with pytest.raises(CourseError, match=r"a\.png is a JPEG, which changes pixels"):
        picture_files.read(tmp_path / "a.png", numbers=True)


# --- transparency -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_transparency_that_hides_nothing_is_left_out(tmp_path, name):
    how = {"photometric": "rgb", "extrasamples": ["unassalpha"]} if name == "a.tif" else {}
    array, axes = picture_files.read(saved(tmp_path, OPAQUE, name, **how))
    assert axes == "YXC"
    np.testing.assert_array_equal(array, COLOURS)


def test_transparency_that_hides_something_is_refused(tmp_path):
    hole = OPAQUE.copy()
    hole[:5, :, 3] = 0
    with pytest.raises(CourseError, match=r"4 channels \(RGBA\)"):
        picture_files.read(saved(tmp_path, hole, "a.png"))
    with pytest.raises(CourseError, match=r"2 channels \(grey and transparency"):
        picture_files.read(saved(tmp_path, hole[..., [0, 3]], "b.png"))


# --- endings, animations and turned cameras ------------------------------------------------------


@pytest.mark.parametrize("ending", ["tif", "TIFF", "png", "jpg"])
@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
def test_what_is_in_a_file_decides_and_not_its_ending(tmp_path, ending, kind):
    Image.fromarray(FEW).save(tmp_path / f"a.{ending}", kind)
    np.testing.assert_array_equal(picture_files.read(tmp_path / f"a.{ending}").array, FEW)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "WEBP"])
def test_a_picture_of_another_kind_is_named(tmp_path, kind):
    Image.fromarray(COLOURS).save(tmp_path / "a.png", kind)
    with pytest.raises(CourseError, match=f"is of the kind {kind}, whatever its ending"):
        picture_files.read(tmp_path / "a.png")


def test_of_an_animation_no_picture_is_chosen(tmp_path):
    first, *others = map(Image.fromarray, (FEW, FEW + 1, FEW + 2))
    first.save(tmp_path / "a.png", save_all=True, append_images=others)
    with pytest.raises(CourseError, match=r"holds 3 pictures \(an animation\)"):
        picture_files.read(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_a_picture_is_as_it_is_stored_and_says_how_it_is_shown(tmp_path, name):
    smooth = np.kron(FEW[:2, :3], np.ones((16, 16), np.uint8))
    exif = Image.Exif()
    exif[274] = 6
    how = {"tiffinfo": {274: 6}} if name == "a.tif" else {"exif": exif}
    assert picture_orientation.orientation(saved(tmp_path, smooth, f"plain{name[1:]}")) == 1
    Image.fromarray(smooth).save(tmp_path / name, **how)
    array = picture_files.read(tmp_path / name).array
    assert array.shape == smooth.shape
    assert abs(array.astype(int) - smooth).max() <= 2
    assert picture_orientation.orientation(tmp_path / name) == 6


# --- what cannot be read ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.bmp", b"BM", "no TIFF, PNG or JPEG"),
        ("a.png", b"no picture", "cannot be read: its contents are damaged"),
        ("a.tif", b"no picture", "cannot be read: not a TIFF file. Open"),
        ("a.tif", b"II*\0oooo", "cannot be read"),
        ("a.jpg", b"", r"cannot be read: it is empty \(0 bytes\)"),
        ("b.tif", None, "cannot be read: no such file or directory. Check its name"),
        ("a.czi", b"ZISRAWFILE", "no TIFF, PNG or JPEG .* or in Fiji"),
    ],
)
def test_a_file_that_is_none_is_named_without_the_folders_above(tmp_path, name, content, says):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CourseError, match=says) as caught:
        picture_files.read(tmp_path / name)
    assert f"{tmp_path.name}/{name}" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_cut_short_is_refused(tmp_path, name, share):
    file = saved(tmp_path, COLOURS if name == "a.jpg" else GREY, name)
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CourseError, match="cannot be read"):
        picture_files.read(file)


def test_what_is_no_file_ends_in_a_sentence(tmp_path):
    (tmp_path / "a.tif").mkdir()
    (tmp_path / "b.tif").symlink_to(tmp_path / "nowhere.tif")
    (tmp_path / "c.tif").symlink_to(tmp_path / "c.tif")
    os.mkfifo(tmp_path / "d.tif")  # nobody writes into it: to read would never end
    for name, says in zip("abcd", ("Name the pictures inside", "where a link leads",
                                   "cannot be read", "no file"), strict=True):  # fmt: skip
        with pytest.raises(CourseError, match=says):
            picture_files.read(tmp_path / f"{name}.tif")


def test_a_picture_that_pillow_will_not_unpack_is_not_called_damaged(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", GREY.size // 3)
    with pytest.raises(CourseError, match="more pixels than is safe to unpack"):
        picture_files.read(saved(tmp_path, GREY, "a.png"))


def test_a_decoder_that_is_missing_is_named(tmp_path, monkeypatch):
    file = saved(tmp_path, GREY, compression="lzw")

    def missing(*_, **__):
        raise ValueError("<COMPRESSION.LZW: 5> requires the 'imagecodecs' package")

    monkeypatch.setattr(tifffile.TiffPageSeries, "asarray", missing)
    with pytest.raises(CourseError, match="requires the 'imagecodecs' package"):
        picture_files.read(file)


def test_a_file_that_is_too_large_is_not_called_damaged(tmp_path, monkeypatch):
    file = saved(tmp_path, GREY)

    def too_large(*_, **__):
        raise MemoryError

    monkeypatch.setattr(tifffile.TiffPageSeries, "asarray", too_large)
    with pytest.raises(MemoryError):
        picture_files.read(file)


# --- writing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "axes"),
    [(GREY, "YX"), (COLOURS, "YXC"), (OPAQUE, "YXC"), (STACK, "ZYX"), (FEW.astype(np.int32), "")],
)
def test_what_was_written_is_read_back(tmp_path, given, axes):
    (tmp_path / "a.tif").write_bytes(picture_files.tiff(given, axes))
    array = tifffile.imread(io.BytesIO((tmp_path / "a.tif").read_bytes()))
    np.testing.assert_array_equal(array, given)


@pytest.mark.parametrize(
    "numbers",
    [np.array([[-1, 2]]), np.array([[0.5, 2]]), np.array([[2**40, 2]]), np.array([[np.nan, 1]])],
    ids=["negative", "broken", "huge", "missing"],
)
def test_numbers_that_would_become_others_are_refused(numbers):
    with pytest.raises(CourseError, match="cannot be saved as they are"):
        picture_files.tiff(numbers)


@pytest.mark.parametrize("numbers", [[[70_000, 2]], np.array([[3.0, 0]]), np.array([[True]])])
def test_numbers_of_any_type_are_read_back(tmp_path, numbers):
    (tmp_path / "a.tif").write_bytes(picture_files.tiff(numbers))
    array = picture_files.read(tmp_path / "a.tif", numbers=True).array
    np.testing.assert_array_equal(array, np.asarray(numbers))
    assert array.dtype in (np.uint16, np.uint32)  # what other programs read


@pytest.mark.parametrize("picture", [np.zeros((0, 4), int), [["a"]], np.ones((2, 2)) * 1j])
def test_what_has_no_pixels_of_real_numbers_is_not_written(picture):
    with pytest.raises(CourseError, match="no pixels of real"):
        picture_files.tiff(picture)
