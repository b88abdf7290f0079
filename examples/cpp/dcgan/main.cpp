// A deep convolutional GAN (Radford et al., 2015) that learns to draw discs of random size and place, 32 x 32 pixels.
// The pictures are made here, so no data set is needed.
//
//   dcgan [STEPS]      writes dcgan_samples.pgm
#include <torch/torch.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

constexpr int64_t kNoiseSize = 32;
constexpr int64_t kBatchSize = 32;

struct DCGANGeneratorImpl : torch::nn::Module {
  explicit DCGANGeneratorImpl(int64_t noise_size)
      : conv1(torch::nn::ConvTranspose2dOptions(noise_size, 64, 4).bias(false)),
        batch_norm1(64),
        conv2(torch::nn::ConvTranspose2dOptions(64, 32, 4).stride(2).padding(1).bias(false)),
        batch_norm2(32),
        conv3(torch::nn::ConvTranspose2dOptions(32, 16, 4).stride(2).padding(1).bias(false)),
        batch_norm3(16),
        conv4(torch::nn::ConvTranspose2dOptions(16, 1, 4).stride(2).padding(1).bias(false)) {
    // register_module() is needed if we want to use the parameters() method later on.
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("conv3", conv3);
    register_module("conv4", conv4);
    register_module("batch_norm1", batch_norm1);
    register_module("batch_norm2", batch_norm2);
    register_module("batch_norm3", batch_norm3);
  }

  // (N, noise, 1, 1) -> (N, 1, 32, 32)
  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(batch_norm1(conv1(x)));
    x = torch::relu(batch_norm2(conv2(x)));
    x = torch::relu(batch_norm3(conv3(x)));
    return torch::tanh(conv4(x));
  }

  torch::nn::ConvTranspose2d conv1;
  torch::nn::BatchNorm2d batch_norm1;
  torch::nn::ConvTranspose2d conv2;
  torch::nn::BatchNorm2d batch_norm2;
  torch::nn::ConvTranspose2d conv3;
  torch::nn::BatchNorm2d batch_norm3;
  torch::nn::ConvTranspose2d conv4;
};
TORCH_MODULE(DCGANGenerator);

torch::nn::Sequential make_discriminator() {
  using namespace torch::nn;
  return Sequential(Conv2d(Conv2dOptions(1, 16, 4).stride(2).padding(1).bias(false)),
                    LeakyReLU(LeakyReLUOptions().negative_slope(0.2)),
                    Conv2d(Conv2dOptions(16, 32, 4).stride(2).padding(1).bias(false)), BatchNorm2d(32),
                    LeakyReLU(LeakyReLUOptions().negative_slope(0.2)),
                    Conv2d(Conv2dOptions(32, 64, 4).stride(2).padding(1).bias(false)), BatchNorm2d(64),
                    LeakyReLU(LeakyReLUOptions().negative_slope(0.2)), Conv2d(Conv2dOptions(64, 1, 4).bias(false)),
                    Sigmoid());
}

// White discs on black, values in [-1, 1].
torch::Tensor discs(int64_t count) {
  torch::Tensor row = torch::arange(32).to(torch::kFloat32).view({1, 1, 1, 32});
  torch::Tensor center = 10 + 12 * torch::rand({2, count, 1, 1, 1});
  torch::Tensor radius = 4 + 4 * torch::rand({count, 1, 1, 1});
  torch::Tensor distance = (row - center[0]).pow(2) + (row.transpose(2, 3) - center[1]).pow(2);
  return (radius - distance.sqrt()).clamp(-1, 1);
}

void write_pgm(const char* path, const torch::Tensor& images) {
  torch::Tensor pixels = ((images.squeeze(1).permute({1, 0, 2}) + 1) * 127.5).to(torch::kUInt8).contiguous();
  std::ofstream file(path, std::ios::binary);
  file << "P5\n" << pixels.size(1) * pixels.size(2) << " " << pixels.size(0) << "\n255\n";
  file.write(reinterpret_cast<const char*>(pixels.data_ptr<uint8_t>()), pixels.numel());
}

int main(int argc, char** argv) {
  const int steps = argc > 1 ? std::atoi(argv[1]) : 300;
  torch::manual_seed(1);
  torch::Device device(torch::cuda::is_available() ? torch::kCUDA : torch::kCPU);

  DCGANGenerator generator(kNoiseSize);
  generator->to(device);
  torch::nn::Sequential discriminator = make_discriminator();
  discriminator->to(device);

  torch::optim::Adam generator_optimizer(generator->parameters(),
                                         torch::optim::AdamOptions(2e-4).betas(std::make_tuple(0.5, 0.999)));
  torch::optim::Adam discriminator_optimizer(discriminator->parameters(),
                                             torch::optim::AdamOptions(2e-4).betas(std::make_tuple(0.5, 0.999)));

  double brightness = 0;
  for (int step = 1; step <= steps; ++step) {
    // Train discriminator with real images.
    discriminator->zero_grad();
    torch::Tensor real_images = discs(kBatchSize).to(device);
    torch::Tensor real_labels = torch::empty(kBatchSize, device).uniform_(0.8, 1.0);
    torch::Tensor real_output = discriminator->forward(real_images).reshape(real_labels.sizes());
    torch::Tensor d_loss_real = torch::binary_cross_entropy(real_output, real_labels);
    d_loss_real.backward();

    // Train discriminator with fake images.
    torch::Tensor noise = torch::randn({kBatchSize, kNoiseSize, 1, 1}, device);
    torch::Tensor fake_images = generator->forward(noise);
    torch::Tensor fake_labels = torch::zeros(kBatchSize, device);
    torch::Tensor fake_output = discriminator->forward(fake_images.detach()).reshape(fake_labels.sizes());
    torch::Tensor d_loss_fake = torch::binary_cross_entropy(fake_output, fake_labels);
    d_loss_fake.backward();
    torch::Tensor d_loss = d_loss_real + d_loss_fake;
    discriminator_optimizer.step();

    // Train generator.
    generator->zero_grad();
    fake_labels.fill_(1);
    fake_output = discriminator->forward(fake_images).reshape(fake_labels.sizes());
    torch::Tensor g_loss = torch::binary_cross_entropy(fake_output, fake_labels);
    g_loss.backward();
    generator_optimizer.step();

    brightness = fake_images.mean().item<double>();
    if (step % 50 == 0 || step == steps) {
      std::cout << "step " << step << "/" << steps << "  D_loss: " << d_loss.item<float>()
                << "  G_loss: " << g_loss.item<float>() << "  mean of the images: " << brightness << std::endl;
    }
  }

  generator->eval();
  torch::NoGradGuard no_grad;
  write_pgm("dcgan_samples.pgm", generator->forward(torch::randn({8, kNoiseSize, 1, 1}, device)).to(torch::kCPU));
  // The discs are mostly black; at first the generator's pictures are grey.
  return brightness < 0 || steps < 100 ? 0 : 1;
}
