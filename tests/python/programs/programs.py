"""Small training programs of many kinds, each a function that returns numbers; test_programs.py runs them with both libraries.

    python programs.py NAME...                       # with PyTorch
    python -m tiny_torch programs.py NAME...         # with tiny-torch

They use what such programs usually use, in float64, so that the numbers can be compared to the last digits.
"""

import copy
import io
import json
import math
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset, TensorDataset, WeightedRandomSampler, random_split


def sine_prediction():
    """LSTMCells unrolled by hand, LBFGS with a closure, a forecast beyond the data."""
    x = torch.sin(torch.arange(40.0) / 3 + torch.arange(3.0)[:, None])
    first, second, out = nn.LSTMCell(1, 8), nn.LSTMCell(8, 8), nn.Linear(8, 1)
    parameters = [*first.parameters(), *second.parameters(), *out.parameters()]

    def predict(series, future=0):
        h1 = c1 = h2 = c2 = torch.zeros(series.size(0), 8)
        results = []
        for part in series.split(1, dim=1):
            h1, c1 = first(part, (h1, c1))
            h2, c2 = second(h1, (h2, c2))
            results.append(out(h2))
        for _ in range(future):
            h1, c1 = first(results[-1], (h1, c1))
            h2, c2 = second(h1, (h2, c2))
            results.append(out(h2))
        return torch.cat(results, dim=1)

    optimizer = torch.optim.LBFGS(parameters, lr=0.5, max_iter=5, line_search_fn="strong_wolfe")
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = F.mse_loss(predict(x[:, :-1]), x[:, 1:])
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(3):
        optimizer.step(closure)
    with torch.no_grad():
        return [*losses, *predict(x, future=4)[0, -4:].tolist()]


def super_resolution():
    """PixelShuffle, orthogonal starting values, bicubic resizing, peak signal to noise ratio."""
    images = torch.rand(6, 1, 16, 16)
    small = F.interpolate(images, scale_factor=0.5, mode="bicubic", align_corners=False)
    net = nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 4, 3, padding=1, padding_mode="reflect"),
        nn.PixelShuffle(2),
    )
    nn.init.orthogonal_(net[0].weight, nn.init.calculate_gain("relu"))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    losses = []
    for _ in range(6):
        optimizer.zero_grad()
        loss = nn.MSELoss()(net(small), images)
        loss.backward()
        optimizer.step()
        losses.append(10 * math.log10(1 / loss.item()))
    return losses


def siamese():
    """Distances between embeddings: three losses, BatchNorm, Dropout, weight decay, a schedule that watches the loss."""
    x = torch.randn(24, 10)
    label = torch.arange(24) % 3
    net = nn.Sequential(nn.Linear(10, 16), nn.BatchNorm1d(16), nn.PReLU(), nn.Dropout(0.25), nn.Linear(16, 4))
    optimizer = torch.optim.RMSprop(net.parameters(), lr=0.01, centered=True, momentum=0.5, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1, factor=0.5)
    result = []
    for _ in range(8):
        e = F.normalize(net(x), dim=1)
        positive, negative = e.roll(3, 0), e.roll(1, 0)
        y = torch.where(label == label.roll(1), 1.0, -1.0)
        loss = F.triplet_margin_loss(e, positive, negative, margin=0.5)
        loss = (
            loss + F.cosine_embedding_loss(e, negative, y) + F.hinge_embedding_loss(F.pairwise_distance(e, negative), y)
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step(loss.item())
        result += [loss.item(), optimizer.param_groups[0]["lr"]]
    return result


def graph_attention():
    """Messages along edges: scatter, masked softmax, einsum, top-k."""
    nodes, heads, width = 12, 2, 5
    edges = torch.randint(nodes, (2, 40))
    features, target = torch.randn(nodes, 6), torch.randint(3, (nodes,))
    project = nn.Parameter(torch.randn(6, heads, width) * 0.3)
    attend = nn.Parameter(torch.randn(2, heads, width) * 0.3)
    head = nn.Linear(heads * width, 3)
    optimizer = torch.optim.Adagrad([project, attend, *head.parameters()], lr=0.1)
    losses = []
    for _ in range(6):
        h = torch.einsum("nf,fhw->nhw", features, project)
        source, goal = (torch.einsum("nhw,hw->nh", h, a) for a in attend)
        score = F.leaky_relu(source[edges[0]] + goal[edges[1]], 0.2)
        top = torch.full((nodes, heads), -torch.inf).scatter_reduce(
            0, edges[1][:, None].expand(-1, heads), score, "amax"
        )
        weight = (score - top.detach()[edges[1]]).exp()
        total = torch.zeros(nodes, heads).index_add(0, edges[1], weight)
        weight = weight / total[edges[1]].clamp_min(1e-12)
        message = torch.zeros(nodes, heads, width).index_add(0, edges[1], weight[..., None] * h[edges[0]])
        mask = torch.zeros(nodes, nodes, dtype=torch.bool)
        mask[edges[1], edges[0]] = True
        dense = (source[None] + goal[:, None]).masked_fill(~mask[..., None], -1e9).softmax(1)
        both = message + torch.einsum("ijh,jhw->ihw", dense, h)
        loss = F.nll_loss(F.log_softmax(head(F.elu(both.flatten(1))), dim=1), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return [*losses, *dense[:, :, 0].topk(2, dim=1).values.sum(0).tolist()]


def translation():
    """Packed sequences through a bidirectional GRU, attention, teacher forcing, padding left out of the loss, clipping."""
    lengths = [5, 7, 3, 6]
    source = pad_sequence([torch.randint(1, 11, (n,)) for n in lengths], batch_first=True)
    target = pad_sequence([torch.randint(1, 9, (n + 1,)) for n in reversed(lengths)], batch_first=True, padding_value=0)
    read, write = nn.Embedding(11, 6, padding_idx=0), nn.Embedding(9, 6)
    encoder = nn.GRU(6, 5, num_layers=2, bidirectional=True, batch_first=True)
    decoder, head = nn.GRU(6, 10, batch_first=True), nn.Linear(20, 9)
    modules = nn.ModuleList([read, write, encoder, decoder, head])
    optimizer = torch.optim.NAdam(modules.parameters(), lr=0.02)
    losses = []
    for _ in range(6):
        packed = pack_padded_sequence(read(source), torch.tensor(lengths), batch_first=True, enforce_sorted=False)
        memory, hidden = encoder(packed)
        memory, sizes = pad_packed_sequence(memory, batch_first=True)
        start = hidden.view(2, 2, 4, 5)[-1].transpose(0, 1).reshape(1, 4, 10).contiguous()
        state, _ = decoder(write(target[:, :-1]), start)
        mask = torch.arange(memory.size(1))[None] >= sizes[:, None]
        scores = torch.bmm(state, memory.transpose(1, 2)).masked_fill(mask[:, None], -torch.inf)
        context = torch.bmm(scores.softmax(-1), memory)
        logits = head(torch.cat([state, context], -1))
        loss = F.cross_entropy(logits.transpose(1, 2), target[:, 1:], ignore_index=0, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(modules.parameters(), 0.5)
        optimizer.step()
        losses += [loss.item(), norm.item()]
    return losses


def vector_quantisation():
    """A VQ-VAE: nearest codes, a straight-through gradient, codes that follow by moving averages."""
    images = torch.rand(8, 1, 8, 8)
    encoder = nn.Sequential(nn.Conv2d(1, 8, 4, 2, 1), nn.ReLU(), nn.Conv2d(8, 4, 3, 1, 1))
    decoder = nn.Sequential(nn.ConvTranspose2d(4, 8, 4, 2, 1), nn.ReLU(), nn.Conv2d(8, 1, 3, 1, 1), nn.Sigmoid())
    codes, counts = torch.randn(6, 4), torch.ones(6)
    sums = codes.clone()
    optimizer = torch.optim.AdamW([*encoder.parameters(), *decoder.parameters()], lr=0.01, amsgrad=True)
    result = []
    for _ in range(6):
        z = encoder(images)
        flat = z.permute(0, 2, 3, 1).reshape(-1, 4)
        nearest = torch.cdist(flat, codes).argmin(1)
        quantised = codes[nearest].view(8, 4, 4, 4).permute(0, 3, 1, 2)
        commitment = F.mse_loss(z, quantised.detach())
        output = decoder(z + (quantised - z).detach())
        loss = F.binary_cross_entropy(output, images) + 0.25 * commitment
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            chosen = F.one_hot(nearest, 6).to(flat.dtype)
            counts.mul_(0.9).add_(chosen.sum(0), alpha=0.1)
            sums.mul_(0.9).addmm_(chosen.t(), flat, alpha=0.1)
            codes.copy_(sums / counts.clamp(min=1e-3)[:, None])
        probabilities = chosen.mean(0)
        result += [loss.item(), torch.exp(-(probabilities * (probabilities + 1e-10).log()).sum()).item()]
    return result


def diffusion():
    """A denoising network: time embedding, GroupNorm, SiLU, resizing, skip connections, averaged weights, sampling."""

    class Block(nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            self.norm, self.conv = nn.GroupNorm(2, inputs), nn.Conv2d(inputs, outputs, 3, padding=1)
            self.time = nn.Linear(8, outputs)
            self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

        def forward(self, x, t):
            return self.conv(F.silu(self.norm(x))) + self.time(t)[:, :, None, None] + self.skip(x)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.enter, self.leave = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(8, 1, 3, padding=1)
            self.down, self.middle, self.up = Block(4, 8), Block(8, 8), Block(12, 8)

        def forward(self, x, t):
            rate = torch.exp(torch.arange(4) * -1.0)
            t = torch.cat([(t[:, None] * rate).sin(), (t[:, None] * rate).cos()], 1)
            a = self.enter(x)
            b = self.middle(self.down(F.avg_pool2d(a, 2), t), t)
            b = F.interpolate(b, scale_factor=2, mode="nearest")
            return self.leave(self.up(torch.cat([a, b], 1), t))

    net = Net()
    average = copy.deepcopy(net).requires_grad_(False)
    alphas = torch.cumprod(1 - torch.linspace(1e-3, 0.2, 10), 0)
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, (step + 1) / 4))
    images, losses = torch.randn(6, 1, 8, 8), []
    for _ in range(5):
        t = torch.randint(10, (6,))
        noise = torch.randn_like(images)
        a = alphas[t].view(-1, 1, 1, 1)
        loss = F.smooth_l1_loss(net(a.sqrt() * images + (1 - a).sqrt() * noise, t), noise, beta=0.5)
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        for ours, theirs in zip(average.parameters(), net.parameters()):
            ours.lerp_(theirs.detach(), 0.1)
    x = torch.randn(2, 1, 8, 8)
    with torch.inference_mode():
        for step in reversed(range(10)):
            guess = average(x, torch.full((2,), step))
            x = (x - guess * (1 - alphas[step]).sqrt()) / alphas[step].sqrt().clamp_min(0.3)
            x = x.clamp(-2, 2)
    return [*losses, x.mean().item(), x.std().item()]


def adversarial():
    """WGAN with a gradient penalty: a gradient of a gradient, spectral normalisation, two optimizers."""
    generator = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 2))
    critic = nn.Sequential(
        nn.utils.parametrizations.spectral_norm(nn.Linear(2, 16)),
        nn.LeakyReLU(0.2),
        nn.Linear(16, 16),
        nn.Softplus(),
        nn.Linear(16, 1),
    )
    first = torch.optim.Adam(generator.parameters(), lr=1e-2, betas=(0.0, 0.9))
    second = torch.optim.Adam(critic.parameters(), lr=1e-2, betas=(0.0, 0.9))
    result = []
    for step in range(6):
        real = torch.randn(16, 2) * 0.3 + 1
        fake = generator(torch.randn(16, 3)).detach()
        mix = torch.rand(16, 1)
        between = (mix * real + (1 - mix) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        loss = critic(fake).mean() - critic(real).mean() + 10 * ((slope.norm(dim=1) - 1) ** 2).mean()
        second.zero_grad()
        loss.backward()
        second.step()
        result.append(loss.item())
        if step % 2:
            for p in critic.parameters():
                p.requires_grad_(False)
            goal = -critic(generator(torch.randn(16, 3))).mean()
            first.zero_grad()
            goal.backward()
            first.step()
            for p in critic.parameters():
                p.requires_grad_(True)
            result.append(goal.item())
    return result


def physics():
    """A network that obeys a differential equation, u'' = -u: derivatives with respect to inputs, inside the loss."""
    net = nn.Sequential(nn.Linear(1, 12), nn.Tanh(), nn.Linear(12, 12), nn.SiLU(), nn.Linear(12, 1))
    optimizer = torch.optim.Rprop(net.parameters(), lr=0.01)
    x = torch.linspace(0, 3, 20).unsqueeze(1).requires_grad_()
    losses = []
    for _ in range(8):
        u = net(x)
        (first,) = torch.autograd.grad(u, x, torch.ones_like(u), create_graph=True)
        (second,) = torch.autograd.grad(first, x, torch.ones_like(first), create_graph=True)
        loss = (second + u).square().mean() + (u[0] - 0).square().sum() + (first[0] - 1).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def reinforcement():
    """REINFORCE with a baseline on a corridor: sampled actions, discounted returns, entropy."""
    policy, value = nn.Linear(6, 2), nn.Linear(6, 1)
    optimizer = torch.optim.RAdam([*policy.parameters(), *value.parameters()], lr=0.05)
    result = []
    for _ in range(5):
        place, chances, values, rewards, entropy = 2, [], [], [], []
        for _ in range(12):
            state = F.one_hot(torch.tensor(place), 6).to(torch.get_default_dtype())
            logs = F.log_softmax(policy(state), -1)
            action = torch.multinomial(logs.exp(), 1).item()
            chances.append(logs[action])
            values.append(value(state).squeeze(-1))
            entropy.append(-(logs.exp() * logs).sum())
            place = min(5, place + 1) if action else max(0, place - 1)
            rewards.append(1.0 if place == 5 else -0.1)
        returns, total = [], 0.0
        for reward in reversed(rewards):
            total = reward + 0.9 * total
            returns.insert(0, total)
        returns = torch.tensor(returns)
        advantage = (returns - returns.mean()) / (returns.std() + 1e-8) - torch.stack(values).detach()
        loss = -(torch.stack(chances) * advantage).mean() + F.huber_loss(torch.stack(values), returns)
        loss = loss - 0.01 * torch.stack(entropy).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(policy.parameters(), 0.1)
        optimizer.step()
        result += [loss.item(), sum(rewards)]
    return result


class Numbers(Dataset):
    """Pairs of a vector and whether its sum is positive; a dict as sample."""

    def __init__(self, count):
        self.x = torch.randn(count, 4)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return {"x": self.x[i], "y": float(self.x[i].sum() > 0), "name": f"n{i}"}


def loading():
    """Data sets, samplers, collating, saving in the middle, going on from the file to the same numbers."""
    train, test = random_split(Numbers(40), [30, 10], generator=torch.Generator().manual_seed(4))
    weights = [1.0 if train[i]["y"] else 2.0 for i in range(len(train))]
    sampler = WeightedRandomSampler(weights, 24, generator=torch.Generator().manual_seed(5))
    loader = DataLoader(train, batch_size=6, sampler=sampler, drop_last=True)
    net = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.LayerNorm(8), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(
        [{"params": net[0].parameters()}, {"params": net[2:].parameters(), "lr": 0.01}],
        lr=0.1,
        momentum=0.9,
        nesterov=True,
    )
    schedule = torch.optim.lr_scheduler.SequentialLR(
        optimizer,
        [
            torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=2),
            torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=3),
        ],
        milestones=[2],
    )
    result, file = [], io.BytesIO()
    for epoch in range(5):
        for batch in loader:
            loss = F.binary_cross_entropy_with_logits(
                net(batch["x"]).squeeze(1), batch["y"].to(torch.get_default_dtype())
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            result.append(loss.item())
        schedule.step()
        result.append(optimizer.param_groups[1]["lr"])
        if epoch == 2:
            state = [net.state_dict(), optimizer.state_dict(), schedule.state_dict(), torch.get_rng_state()]
            torch.save(state, file)
            file.seek(0)
            saved = torch.load(file)
            net.load_state_dict(saved[0])
            optimizer.load_state_dict(saved[1])
            schedule.load_state_dict(saved[2])
            torch.set_rng_state(saved[3])
    held_back = next(iter(DataLoader(TensorDataset(torch.stack([sample["x"] for sample in test])), batch_size=10)))[0]
    return [*result, *net.eval()(held_back).flatten().tolist()]


def transformer():
    """nn.Transformer with masks of both kinds, learned by Adamax; then decoding one token at a time."""
    model = nn.Transformer(8, 2, 1, 1, 16, dropout=0.1, batch_first=True)
    read, head = nn.Embedding(7, 8), nn.Linear(8, 7)
    parameters = [*model.parameters(), *read.parameters(), *head.parameters()]
    optimizer = torch.optim.Adamax(parameters, lr=0.01)
    source, target = torch.randint(1, 7, (4, 6)), torch.randint(1, 7, (4, 5))
    source[1, 4:] = 0
    padding = source == 0
    causal = nn.Transformer.generate_square_subsequent_mask(4)
    losses = []
    for _ in range(5):
        y = model(
            read(source),
            read(target[:, :-1]),
            tgt_mask=causal,
            src_key_padding_mask=padding,
            memory_key_padding_mask=padding,
        )
        loss = F.cross_entropy(head(y).flatten(0, 1), target[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    words = target[:, :1]
    with torch.no_grad():
        memory = model.encoder(read(source), src_key_padding_mask=padding)
        for _ in range(4):
            mask = nn.Transformer.generate_square_subsequent_mask(words.size(1))
            y = model.decoder(read(words), memory, tgt_mask=mask, memory_key_padding_mask=padding)
            words = torch.cat([words, head(y[:, -1]).argmax(-1, keepdim=True)], 1)
    return [*losses, *map(float, words.flatten().tolist())]


def speech():
    """One-dimensional convolutions over a spectrogram, CTC, averaged weights at the end."""
    wave = torch.randn(3, 400)
    window = torch.hann_window(64)
    spectrum = torch.stft(wave, 64, hop_length=16, window=window, return_complex=True)
    power = spectrum.real**2 + (spectrum * -1j).real ** 2
    features = torch.log1p(power)
    net = nn.Sequential(
        nn.Conv1d(33, 16, 5, padding=2, groups=1),
        nn.Hardswish(),
        nn.InstanceNorm1d(16, affine=True),
        nn.Conv1d(16, 6, 1),
    )
    optimizer = torch.optim.ASGD(net.parameters(), lr=0.05)
    targets, sizes = torch.randint(1, 6, (3, 5)), torch.tensor([5, 3, 4])
    averaged = torch.optim.swa_utils.AveragedModel(net)
    losses = []
    for _ in range(5):
        logs = net(features).log_softmax(1).permute(2, 0, 1)
        loss = F.ctc_loss(logs, targets, torch.full((3,), logs.size(0)), sizes, zero_infinity=True)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        averaged.update_parameters(net)
        losses.append(loss.item())
    return [*losses, averaged(features).square().mean().item()]


def weather_map():
    """Spatial transformer: affine_grid and grid_sample, adaptive pooling, unfold and fold, three-dimensional layers."""
    maps = torch.rand(4, 2, 12, 12)
    locate = nn.Sequential(
        nn.Conv2d(2, 4, 5), nn.MaxPool2d(2, return_indices=False), nn.ReLU(), nn.Flatten(), nn.Linear(64, 6)
    )
    nn.init.zeros_(locate[-1].weight)
    with torch.no_grad():
        locate[-1].bias.copy_(torch.tensor([0.9131, 0.1073, 0.0537, -0.1119, 0.8171, 0.0233]))
    cubes = nn.Sequential(
        nn.Conv3d(2, 3, 2), nn.BatchNorm3d(3), nn.AdaptiveMaxPool3d((2, 3, 3)), nn.Flatten(), nn.Linear(54, 1)
    )
    optimizer = torch.optim.Adadelta([*locate.parameters(), *cubes.parameters()], lr=1.0)
    result = []
    for _ in range(4):
        grid = F.affine_grid(locate(maps).view(-1, 2, 3), maps.shape, align_corners=False)
        turned = F.grid_sample(maps, grid, padding_mode="border", align_corners=False)
        patches = F.unfold(turned, 3, stride=3)
        again = F.fold(patches * 0.5, (12, 12), 3, stride=3)
        score = cubes(torch.stack([turned, again, maps], 2)).squeeze(1)
        loss = F.soft_margin_loss(score, torch.tensor([1.0, -1, 1, -1])) + F.l1_loss(turned, maps)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        result.append(loss.item())
    return [*result, F.adaptive_avg_pool2d(turned.detach(), 1).sum().item()]


PROGRAMS = [
    sine_prediction,
    super_resolution,
    siamese,
    graph_attention,
    translation,
    vector_quantisation,
    diffusion,
    adversarial,
    physics,
    reinforcement,
    loading,
    transformer,
    speech,
    weather_map,
]


def main():
    import models

    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    wanted = sys.argv[1:]
    results = {}
    for program in [*PROGRAMS, *models.PROGRAMS]:
        if not wanted or program.__name__ in wanted:
            torch.manual_seed(1)
            try:
                results[program.__name__] = program()
            except Exception as error:  # the comparison goes on with the others
                results[program.__name__] = f"{type(error).__name__}: {error}"
    print(json.dumps(results))


if __name__ == "__main__":
    main()
