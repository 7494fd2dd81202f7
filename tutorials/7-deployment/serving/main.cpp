// Name the digits of a file of images, 28 x 28 bytes each, with a package that
// AOTInductor made. No Python runs here.
//
//     classify digits.pt2 images.bin

#include <ATen/ATen.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

constexpr int SIDE = 28;

at::Tensor read_images(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.empty() || bytes.size() % (SIDE * SIDE) != 0)
    throw std::runtime_error(path + " has " + std::to_string(bytes.size()) +
                             " bytes. Give a file of 28 x 28 bytes an image.");
  const long count = bytes.size() / (SIDE * SIDE);
  // clone: from_blob only borrows the bytes, and they end with this function
  return at::from_blob(bytes.data(), {count, SIDE, SIDE}, at::kByte).clone();
}

void print_rows(const at::Tensor& probabilities) {  // [count, 10]
  for (int64_t i = 0; i < probabilities.size(0); ++i) {
    const at::Tensor row = probabilities[i];
    std::printf("%ld ", static_cast<long>(row.argmax().item<int64_t>()));
    for (int64_t j = 0; j < row.size(0); ++j)
      std::printf(" %.8f", row[j].item<float>());
    std::printf("\n");
  }
}

int main(int count, char** words) {
  if (count != 3) {
    std::fprintf(stderr, "usage: classify PACKAGE IMAGES\n");
    return 2;
  }
  try {
    const c10::InferenceMode no_gradients;
    torch::inductor::AOTIModelPackageLoader model(words[1]);
    print_rows(model.run({read_images(words[2])}).at(0));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "classify: %s\n", error.what());
    return 1;
  }
}
