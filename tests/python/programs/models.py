"""Programs that build on linear algebra, sequences and modules of one's own; as programs.py, which says how they are run."""

import copy
import io
import math
import pickle

import torch
import torch.nn as nn
import torch.nn.functional as F


def language_model():
    """Rotary positions, grouped queries, RMSNorm, gated layers, tied weights; then decoding with a cache and by beams."""
    width, heads, groups, words = 16, 4, 2, 11
    size = width // heads

    class Norm(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(width))

        def forward(self, x):
            return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight

    def rotate(x, start):
        angle = torch.outer(torch.arange(start, start + x.size(2)), 1e4 ** (-torch.arange(0, size, 2) / size))
        a, b = x[..., ::2], x[..., 1::2]
        return torch.stack([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], -1).flatten(-2)

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = Norm(), Norm()
            self.q, self.kv = nn.Linear(width, width, False), nn.Linear(width, 2 * groups * size, False)
            self.out = nn.Linear(width, width, False)
            self.gate, self.up, self.down = nn.Linear(width, 24), nn.Linear(width, 24), nn.Linear(24, width)

        def forward(self, x, cache=None):
            n, t, _ = x.shape
            past = 0 if cache is None or cache[0] is None else cache[0].size(2)
            h = self.norm1(x)
            q = rotate(self.q(h).view(n, t, heads, size).transpose(1, 2), past)
            k, v = self.kv(h).view(n, t, 2, groups, size).permute(2, 0, 3, 1, 4)
            k = rotate(k, past)
            if cache is not None:
                k = k if past == 0 else torch.cat([cache[0], k], 2)
                v = v if past == 0 else torch.cat([cache[1], v], 2)
                cache[:] = [k, v]
            k, v = (part.repeat_interleave(heads // groups, dim=1) for part in (k, v))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=t > 1)
            x = x + self.out(y.transpose(1, 2).flatten(2))
            h = self.norm2(x)
            return x + self.down(F.silu(self.gate(h)) * self.up(h))

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(words, width)
            self.layers = nn.ModuleList(Layer() for _ in range(2))
            self.norm, self.head = Norm(), nn.Linear(width, words, bias=False)
            self.head.weight = self.words.weight

        def forward(self, ids, caches=None):
            x = self.words(ids)
            for i, layer in enumerate(self.layers):
                x = layer(x, None if caches is None else caches[i])
            return self.head(self.norm(x))

    model = Model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, betas=(0.9, 0.95), weight_decay=0.1)
    data = torch.randint(words, (4, 9))
    losses = []
    for _ in range(4):
        loss = F.cross_entropy(model(data[:, :-1]).transpose(1, 2), data[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        full = model(data[:1])[0, -1]
        caches = [[None, None] for _ in model.layers]
        model(data[:1, :4], caches)
        for i in range(4, 9):
            last = model(data[:1, i : i + 1], caches)[0, -1]
        assert torch.allclose(full, last, atol=1e-12)
        beams, scores = data[:1, :2], torch.zeros(1)
        for _ in range(4):
            logs = model(beams)[:, -1].log_softmax(-1) + scores[:, None]
            scores, index = logs.flatten().topk(3)
            beams = torch.cat([beams[index // words], (index % words)[:, None]], 1)
    return [*losses, *scores.tolist(), *map(float, beams.flatten().tolist())]


def tagging():
    """A conditional random field: logsumexp forward recursion, Viterbi with backpointers, masks by length."""
    tags, lengths = 4, torch.tensor([6, 4, 5])
    words, gold = torch.randint(9, (3, 6)), torch.randint(tags, (3, 6))
    embed, scorer = nn.Embedding(9, 5), nn.Linear(5, tags)
    moves = nn.Parameter(torch.randn(tags, tags) * 0.1)
    optimizer = torch.optim.SGD([*embed.parameters(), *scorer.parameters(), moves], lr=0.5)
    losses = []
    for _ in range(5):
        emit = scorer(embed(words))
        alpha, truth = emit[:, 0], emit[:, 0].gather(1, gold[:, :1]).squeeze(1)
        for t in range(1, 6):
            inside = t < lengths
            step = torch.logsumexp(alpha.unsqueeze(2) + moves + emit[:, t].unsqueeze(1), dim=1)
            alpha = torch.where(inside[:, None], step, alpha)
            gain = emit[:, t].gather(1, gold[:, t : t + 1]).squeeze(1) + moves[gold[:, t - 1], gold[:, t]]
            truth = truth + gain * inside
        loss = (alpha.logsumexp(1) - truth).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        emit = scorer(embed(words))
        best, back = emit[:, 0], []
        for t in range(1, 6):
            best, pointer = (best.unsqueeze(2) + moves).max(dim=1)
            best = best + emit[:, t]
            back.append(pointer)
        path = [best.argmax(1)]
        for pointer in reversed(back):
            path.append(pointer.gather(1, path[-1][:, None]).squeeze(1))
    return [*losses, *map(float, torch.stack(path[::-1], 1).flatten().tolist())]


def gaussian_process():
    """Marginal likelihood through a Cholesky factor, learned lengths, prediction with triangular solves."""
    x = torch.linspace(0, 4, 12)[:, None]
    y = torch.sin(x[:, 0]) + 0.1 * torch.randn(12)
    raw = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.Adam([raw], lr=0.1)

    def kernel(a, b):
        length, scale = F.softplus(raw[:2])
        return scale * torch.exp(-0.5 * torch.cdist(a / length, b / length).square())

    losses = []
    for _ in range(6):
        covariance = kernel(x, x) + (F.softplus(raw[2]) * 0.1 + 1e-4) * torch.eye(12)
        factor = torch.linalg.cholesky(covariance)
        weights = torch.cholesky_solve(y[:, None], factor)[:, 0]
        loss = 0.5 * y @ weights + factor.diagonal().log().sum() + 6 * math.log(2 * math.pi)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        new = torch.tensor([[0.5], [2.2]])
        cross = kernel(x, new)
        part = torch.linalg.solve_triangular(factor, cross, upper=False)
        mean, spread = cross.T @ weights, (kernel(new, new) - part.T @ part).diagonal()
    return [*losses, *mean.tolist(), *spread.tolist()]


def flow():
    """A normalising flow: couplings of halves, an invertible product with its log determinant, likelihood of moons."""
    data = torch.randn(64, 4) * torch.tensor([1.0, 0.5, 2.0, 0.1]) + 1
    nets = nn.ModuleList(nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 4)) for _ in range(2))
    mixes = nn.ParameterList([nn.Parameter(torch.linalg.qr(torch.randn(4, 4))[0]) for _ in range(2)])
    optimizer = torch.optim.Adam([*nets.parameters(), *mixes.parameters()], lr=0.02)
    losses = []
    for _ in range(6):
        z, log_determinant = data, 0
        for net, mix in zip(nets, mixes):
            z = z @ mix
            keep, change = z.chunk(2, 1)
            shift, scale = net(keep).chunk(2, 1)
            z = torch.cat([change * torch.tanh(scale).exp() + shift, keep], 1)
            log_determinant = log_determinant + torch.tanh(scale).sum(1) + torch.linalg.slogdet(mix)[1]
        loss = (0.5 * z.square().sum(1) + 2 * math.log(2 * math.pi) - log_determinant).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def components():
    """Principal components, k-means, whitening; a low-rank layer that learns through the singular values."""
    x = torch.randn(30, 6) @ torch.randn(6, 6)
    centred = x - x.mean(0)
    values = torch.linalg.svdvals(centred)
    energy = (values**2).cumsum(0) / (values**2).sum()
    spectrum = torch.linalg.eigvalsh(torch.cov(x.T))
    centres = x[:3].clone()
    for _ in range(4):
        nearest = torch.cdist(x, centres).argmin(1)
        centres = torch.stack([x[nearest == i].mean(0) for i in range(3)])
    weight = nn.Parameter(torch.randn(6, 4) * 0.3)
    optimizer = torch.optim.SGD([weight], lr=0.05)
    losses = []
    for _ in range(4):
        u, s, vh = torch.linalg.svd(weight, full_matrices=False)
        low = u[:, :2] @ torch.diag(s[:2]) @ vh[:2]
        loss = (x @ low).square().mean() + s[2:].sum() + torch.linalg.matrix_norm(weight, "nuc") * 0.1
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return [*energy.tolist(), *spectrum.tolist(), *centres.flatten().tolist(), *losses]


def experts():
    """A mixture of experts: top-2 routing by index, one_hot load balancing, index_add of the results."""
    x, target = torch.randn(20, 6), torch.randn(20, 3)
    gate = nn.Linear(6, 4, bias=False)
    experts = nn.ModuleList(nn.Sequential(nn.Linear(6, 8), nn.Mish(), nn.Linear(8, 3)) for _ in range(4))
    optimizer = torch.optim.Adam([*gate.parameters(), *experts.parameters()], lr=0.02, eps=1e-6)
    losses = []
    for _ in range(5):
        chances = gate(x).softmax(-1)
        weight, choice = chances.topk(2, dim=-1)
        weight = weight / weight.sum(-1, keepdim=True)
        out = torch.zeros(20, 3)
        for i, expert in enumerate(experts):
            row, slot = torch.where(choice == i)
            out.index_add_(0, row, expert(x[row]) * weight[row, slot, None])
        load = F.one_hot(choice[:, 0], 4).to(x.dtype).mean(0)
        loss = F.mse_loss(out, target) + 0.1 * 4 * (load * chances.mean(0)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def sampling():
    """Gumbel softmax, straight-through bits, temperature, nucleus sampling, dropout in several forms."""
    torch.manual_seed(3)
    logits = nn.Parameter(torch.randn(5, 7))
    table = torch.randn(7, 3)
    optimizer = torch.optim.SGD([logits], lr=1.0)
    result = []
    for hard in (False, True, True):
        chosen = F.gumbel_softmax(logits, tau=0.7, hard=hard)
        loss = (chosen @ table - 1).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        result.append(loss.item())
    chances, order = logits.detach().softmax(-1).sort(-1, descending=True)
    kept = chances.masked_fill(chances.cumsum(-1) - chances > 0.8, 0)
    picked = order.gather(1, torch.multinomial(kept, 1))
    x = torch.ones(2, 3, 4, 5)
    drops = [
        F.dropout(x, 0.3).sum(),
        F.dropout2d(x, 0.3).sum(),
        F.alpha_dropout(x, 0.3).sum(),
        F.feature_alpha_dropout(x, 0.5).sum(),
    ]
    noise = [
        torch.normal(0.0, x).sum(),
        torch.bernoulli(x * 0.3).sum(),
        torch.randperm(9)[0],
        torch.empty(9).exponential_().sum(),
    ]
    return [*result, *map(float, picked.flatten().tolist()), *(float(v) for v in drops + noise)]


def surgery():
    """Freezing, replacing and pruning parts, hooks, weight normalisation, copies, pickles, shared layers, buffers."""
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 2))
    seen, x, y = [], torch.randn(10, 4), torch.randint(2, (10,))
    net[2].register_forward_hook(lambda module, args, out: seen.append(out.abs().mean().item()))
    net[2].register_full_backward_hook(lambda module, grads, outs: seen.append(outs[0].abs().sum().item()))
    net[0].weight.register_hook(lambda grad: grad * 0.5)
    for p in net[4].parameters():
        p.requires_grad_(False)
    net[0] = nn.utils.parametrizations.weight_norm(net[0])
    net[3] = nn.Sequential(nn.LeakyReLU(), net[2])
    mask = (torch.rand(6, 6) > 0.3).to(x.dtype)

    class Masked(nn.Module):
        def forward(self, weight):
            return weight * mask

    nn.utils.parametrize.register_parametrization(net[2], "weight", Masked())
    net.register_buffer("steps", torch.zeros(()))
    optimizer = torch.optim.Adam((p for p in net.parameters() if p.requires_grad), lr=0.05)
    result = []
    for _ in range(4):
        loss = F.multi_margin_loss(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        net.steps += 1
        result.append(loss.item())
    twin = copy.deepcopy(net[4])
    twin.weight.data.mul_(2)
    again = pickle.loads(pickle.dumps(net[4]))
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    names = list(torch.load(file))
    moved = nn.utils.parameters_to_vector(net[4].parameters())
    changed = (
        torch.func.functional_call(net[4], {"weight": twin.weight}, torch.ones(1, 6))
        if hasattr(torch, "func")
        else None
    )
    result += seen + [
        net.steps.item(),
        len(names),
        (twin.weight - 2 * again.weight).abs().sum().item(),
        moved.sum().item(),
    ]
    assert changed is None or torch.equal(changed, twin(torch.ones(1, 6)) - twin.bias + net[4].bias)
    return [*result, net[2].weight.mul(1 - mask).abs().sum().item()]


def unrolled():
    """Learning to learn: gradients through steps of gradient descent, by functions of the parameters; a recomputed block."""
    from torch.utils.checkpoint import checkpoint

    first = nn.Parameter(torch.randn(5, 3) * 0.3)
    rate = nn.Parameter(torch.tensor(0.1))
    optimizer = torch.optim.Adam([first, rate], lr=0.01)
    x, y = torch.randn(4, 8, 5), torch.randn(4, 8, 3)
    losses = []
    for _ in range(4):
        total = 0
        for task in range(4):
            weight = first
            for _ in range(2):
                inner = F.mse_loss(torch.tanh(x[task, :4] @ weight), y[task, :4])
                (slope,) = torch.autograd.grad(inner, weight, create_graph=True)
                weight = weight - rate * slope
            total = total + F.mse_loss(torch.tanh(x[task, 4:] @ weight), y[task, 4:])
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        losses.append(total.item())
    block = nn.Sequential(nn.Linear(5, 8), nn.Dropout(0.5), nn.Tanh(), nn.Linear(8, 1))
    z = x[0].clone().requires_grad_()
    checkpoint(block, z, use_reentrant=False).sum().backward()
    return [*losses, rate.item(), z.grad.abs().sum().item(), block[0].weight.grad.sum().item()]


def own_functions():
    """autograd.Function with saved tensors and several outputs, a scan by hand, second derivatives through it."""

    class Power(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, n):
            ctx.save_for_backward(x)
            ctx.n = n
            return x**n, x.sign()

        @staticmethod
        def backward(ctx, grad, _):
            (x,) = ctx.saved_tensors
            return grad * ctx.n * x ** (ctx.n - 1), None

    class Scan(torch.autograd.Function):
        @staticmethod
        def forward(ctx, decay, x):
            out, h = [], torch.zeros_like(x[0])
            for part in x:
                h = decay * h + part
                out.append(h)
            result = torch.stack(out)
            ctx.save_for_backward(decay, result)
            return result

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, grad):
            decay, states = ctx.saved_tensors
            g, slopes, by_decay = torch.zeros_like(grad[0]), [], torch.zeros_like(decay)
            for t in reversed(range(len(grad))):
                g = g * decay + grad[t]
                slopes.append(g)
                by_decay += (g * states[t - 1]).sum() if t else 0
            return by_decay, torch.stack(slopes[::-1])

    x = torch.randn(6, 3, requires_grad=True)
    decay = torch.tensor(0.7, requires_grad=True)
    y, sign = Power.apply(x, 3)
    (slope,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    slope.square().sum().backward()
    assert torch.autograd.gradcheck(Scan.apply, (decay, x))
    Scan.apply(decay, x).square().mean().backward()
    hessian = torch.autograd.functional.hessian(lambda v: Power.apply(v, 4)[0].sum(), torch.tensor([1.0, 2.0]))
    return [*x.grad.flatten().tolist(), decay.grad.item(), sign.sum().item(), *hessian.flatten().tolist()]


PROGRAMS = [
    language_model,
    tagging,
    gaussian_process,
    flow,
    components,
    experts,
    sampling,
    surgery,
    unrolled,
    own_functions,
]
