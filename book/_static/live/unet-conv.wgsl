// One convolution of the U-Net: 3 × 3 pixels of all channels, times weights, plus a bias; below zero, zero (ReLU).
//
// The normalisation that follows each convolution in the network is not here: once training is over it is a fixed
// factor and a fixed sum, and both went into the weights and the bias (unet-file.js).
//
// Pictures lie in memory pixel after pixel, the channels of a pixel side by side, with a frame of zeros one pixel
// wide. Neighbouring threads take neighbouring channels of the result: they read the same pixels at the same time,
// and weights that lie side by side. Each thread computes 4 × 4 pixels of two channels, since reading is what takes
// time: 36 pixels and 18 weights are read for 288 products.

struct Sizes {
  width: u32,
  height: u32,
  ins: u32,     // channels that are read
  row_in: u32,  // numbers from one pixel to the next, where they are read
  outs: u32,    // channels that are made, an even number
  row_out: u32, // numbers from one pixel to the next, where they are written
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> image: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;  // channel read, row, column, channel made
@group(0) @binding(3) var<storage, read> biases: array<f32>;
@group(0) @binding(4) var<storage, read_write> result: array<f32>;

// Four pixels side by side, their neighbours on the left and those on the right.
struct Line { left: vec4f, middle: vec4f, right: vec4f }

fn line(start: u32) -> Line {
  let step = sizes.row_in;
  let a = image[start];
  let b = image[start + step];
  let c = image[start + 2 * step];
  let d = image[start + 3 * step];
  let e = image[start + 4 * step];
  let f = image[start + 5 * step];
  return Line(vec4f(a, b, c, d), vec4f(b, c, d, e), vec4f(c, d, e, f));
}

// The weights of one channel for the pixels around.
struct Nine { top: vec3f, middle: vec3f, bottom: vec3f }

fn nine(start: u32) -> Nine {
  let n = sizes.outs;
  return Nine(
    vec3f(weights[start], weights[start + n], weights[start + 2 * n]),
    vec3f(weights[start + 3 * n], weights[start + 4 * n], weights[start + 5 * n]),
    vec3f(weights[start + 6 * n], weights[start + 7 * n], weights[start + 8 * n]),
  );
}

fn products(pixels: Line, by: vec3f) -> vec4f {
  return pixels.left * by.x + pixels.middle * by.y + pixels.right * by.z;
}

fn around(above: Line, here: Line, below: Line, by: Nine) -> vec4f {
  return products(above, by.top) + products(here, by.middle) + products(below, by.bottom);
}

fn write(values: vec4f, channel: u32, x: u32, y: u32) {
  if (y >= sizes.height) { return; }
  let kept = max(values + biases[channel], vec4f(0));
  for (var i = 0u; i < min(4u, sizes.width - x); i++) {
    result[((y + 1) * (sizes.width + 2) + x + i + 1) * sizes.row_out + channel] = kept[i];
  }
}

@compute @workgroup_size(8, 4, 2)
fn main(@builtin(global_invocation_id) id: vec3u) {
  // The two channels of a thread are half of all apart.
  let half = sizes.outs / 2;
  let across = (sizes.width + 3) / 4;
  let x = id.y % across * 4;
  let y = id.z * 4;
  let channel = id.x;
  if (id.y >= across || y >= sizes.height || channel >= half) { return; }

  let row = (sizes.width + 2) * sizes.row_in;
  let corner = y * row + x * sizes.row_in;
  var a0 = vec4f(0);
  var a1 = vec4f(0);
  var a2 = vec4f(0);
  var a3 = vec4f(0);
  var b0 = vec4f(0);
  var b1 = vec4f(0);
  var b2 = vec4f(0);
  var b3 = vec4f(0);
  for (var c = 0u; c < sizes.ins; c++) {
    let l0 = line(corner + c);
    let l1 = line(corner + c + row);
    let l2 = line(corner + c + 2 * row);
    let l3 = line(corner + c + 3 * row);
    let l4 = line(corner + c + 4 * row);
    let l5 = line(corner + c + 5 * row);
    let first = nine(c * 9 * sizes.outs + channel);
    a0 += around(l0, l1, l2, first);
    a1 += around(l1, l2, l3, first);
    a2 += around(l2, l3, l4, first);
    a3 += around(l3, l4, l5, first);
    let second = nine(c * 9 * sizes.outs + channel + half);
    b0 += around(l0, l1, l2, second);
    b1 += around(l1, l2, l3, second);
    b2 += around(l2, l3, l4, second);
    b3 += around(l3, l4, l5, second);
  }
  write(a0, channel, x, y);
  write(a1, channel, x, y + 1);
  write(a2, channel, x, y + 2);
  write(a3, channel, x, y + 3);
  write(b0, channel + half, x, y);
  write(b1, channel + half, x, y + 1);
  write(b2, channel + half, x, y + 2);
  write(b3, channel + half, x, y + 3);
}
