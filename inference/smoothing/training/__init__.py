"""Training of the smoothers: motion and noise to learn from, the trainer, fine-tuning, and the reproduction tables.

May import what `inference` may; of the rest of `inference`, `inference.climb` and `inference.smoothing`.
Central names: `synthesiser.synthesise`, `trainer.train`, `finetune.finetune`.
"""
