"""Fits the line y = 3 x + 2 through noisy points by gradient descent: the smallest complete training program.

python -m tiny_torch examples/line_fit.py
"""

import torch


def fit(steps=200, learning_rate=0.1):
    """Returns slope and intercept (floats) found by gradient descent on the mean squared error."""
    torch.manual_seed(0)
    x = torch.rand(100, 1) * 4 - 2
    y = 3 * x + 2 + 0.1 * torch.randn(100, 1)

    slope = torch.zeros(1, requires_grad=True)
    intercept = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([slope, intercept], lr=learning_rate)

    for step in range(steps):
        loss = ((slope * x + intercept - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 40 == 0:
            print(f"step {step:3d}   loss {loss.item():.4f}")
    return slope.item(), intercept.item()


if __name__ == "__main__":
    found = fit()
    print(f"y = {found[0]:.2f} x + {found[1]:.2f}   (the points were made with y = 3 x + 2)")
