"""Transformer layers that tell places by adding them to queries and keys, not to values (the form of DETR)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Width:
    """Sizes of a transformer.

    Attributes
    ----------
    hidden, heads, layers, feedforward : int
        Of the denoising and of the recovering half alike.
    dropout : float
    pre_norm : bool
        Whether each part normalises its input; the denoising half ends in a norm of its own then.
    """

    hidden: int = 128
    heads: int = 4
    layers: int = 5
    feedforward: int = 256
    dropout: float = 0.1
    pre_norm: bool = True


class EncoderLayer(nn.Module):
    """Self-attention in which no token attends to itself, then the feed-forward part."""

    def __init__(self, width: Width) -> None:
        super().__init__()
        hidden, heads, feedforward, dropout = width.hidden, width.heads, width.feedforward, width.dropout
        self.self_attn = nn.MultiheadAttention(hidden, heads, dropout=dropout, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(hidden, feedforward), nn.Linear(feedforward, hidden)
        self.norm1, self.norm2 = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)
        self.pre_norm = width.pre_norm

    def forward(self, tokens: Tensor, *, places: Tensor) -> Tensor:
        """Return tokens (B, S, C) at places (S, C)."""
        n = tokens.shape[1]
        to_itself = torch.eye(n, dtype=torch.bool, device=tokens.device) if n > 1 else None

        def attend(values: Tensor) -> Tensor:
            placed = values + places
            return _attention(self.self_attn, placed, placed, values, mask=to_itself)

        if self.pre_norm:
            tokens = tokens + self.dropout(attend(self.norm1(tokens)))
            return tokens + _feed(self, self.norm2(tokens))
        tokens = self.norm1(tokens + self.dropout(attend(tokens)))
        return _normed(self.norm2, tokens + _feed(self, tokens))


class DecoderLayer(nn.Module):
    """Self-attention, attention to the memory, then the feed-forward part."""

    def __init__(self, width: Width) -> None:
        super().__init__()
        hidden, heads, feedforward, dropout = width.hidden, width.heads, width.feedforward, width.dropout
        self.self_attn = nn.MultiheadAttention(hidden, heads, dropout=dropout, batch_first=True)
        self.multihead_attn = nn.MultiheadAttention(hidden, heads, dropout=dropout, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(hidden, feedforward), nn.Linear(feedforward, hidden)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(hidden), nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)
        self.pre_norm = width.pre_norm

    def forward(self, tokens: Tensor, memory: Tensor, *, places: Tensor, memory_places: Tensor) -> Tensor:
        """Return tokens (B, T, C) at places (T, C) that have looked at a memory (B, S, C) at its places (S, C)."""
        keys = memory + memory_places

        def attend(values: Tensor) -> Tensor:
            return _attention(self.self_attn, values + places, values + places, values)

        def look(values: Tensor) -> Tensor:
            return _attention(self.multihead_attn, values + places, keys, memory)

        if self.pre_norm:
            tokens = tokens + self.dropout(attend(self.norm1(tokens)))
            tokens = tokens + self.dropout(look(self.norm2(tokens)))
            return tokens + _feed(self, self.norm3(tokens))
        tokens = self.norm1(tokens + self.dropout(attend(tokens)))
        tokens = self.norm2(tokens + self.dropout(look(tokens)))
        return _normed(self.norm3, tokens + _feed(self, tokens))


class Encoder(nn.Module):
    """Encoder layers one after the other; with `pre_norm` a norm ends them."""

    def __init__(self, width: Width) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(width) for _ in range(width.layers))
        self.norm: nn.Module = nn.LayerNorm(width.hidden) if width.pre_norm else nn.Identity()

    def forward(self, tokens: Tensor, *, places: Tensor) -> Tensor:
        """Return tokens (B, S, C) at places (S, C)."""
        for layer in self.layers:
            tokens = layer(tokens, places=places)
        return _normed(self.norm, tokens)


class Decoder(nn.Module):
    """Decoder layers one after the other, ended by a norm."""

    def __init__(self, width: Width) -> None:
        super().__init__()
        self.layers = nn.ModuleList(DecoderLayer(width) for _ in range(width.layers))
        self.norm = nn.LayerNorm(width.hidden)

    def forward(self, tokens: Tensor, memory: Tensor, *, places: Tensor, memory_places: Tensor) -> Tensor:
        """Return tokens (B, T, C) at places (T, C) that have looked at a memory (B, S, C) at its places (S, C)."""
        for layer in self.layers:
            tokens = layer(tokens, memory, places=places, memory_places=memory_places)
        return _normed(self.norm, tokens)


def _attention(
    attention: nn.MultiheadAttention, queries: Tensor, keys: Tensor, values: Tensor, *, mask: Tensor | None = None
) -> Tensor:
    found: Sequence[Tensor] = attention(queries, keys, values, attn_mask=mask, need_weights=False)
    return found[0]


def _feed(layer: EncoderLayer | DecoderLayer, tokens: Tensor) -> Tensor:
    inner = layer.dropout(nn.functional.leaky_relu(layer.linear1(tokens)))
    fed: Tensor = layer.dropout(layer.linear2(inner))
    return fed


def _normed(norm: nn.Module, tokens: Tensor) -> Tensor:
    normed: Tensor = norm(tokens)
    return normed
