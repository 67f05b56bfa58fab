"""All jobs of the benchmark, with the split each kind belongs to."""

from __future__ import annotations

from benchmarks.jobs import dense_pictures, embedded, graphs, language, metric, pictures, series, tables
from benchmarks.jobs.job import BenchmarkJob as Job

CALIBRATION = (
    Job(
        "augmented-convolution",
        "batch-normalised convolution with augmentation",
        "calibration",
        8,
        64,
        pictures.augmented,
    ),
    Job("residual-net", "residual convolution net", "calibration", 6, 32, pictures.residual),
    Job("fine-tuning", "fine-tuning of a pretrained net", "calibration", 12, 32, pictures.fine_tuning),
    Job("segmentation", "segmentation with a U-Net", "calibration", 7, 16, dense_pictures.segmentation),
    Job("autoencoder", "autoencoder", "calibration", 8, 64, dense_pictures.autoencoder),
    Job("many-rows", "MLP on 100,000 rows", "calibration", 1, 256, tables.many_rows),
    Job("multi-label", "multi-label classification", "calibration", 8, 64, tables.multi_label),
    Job("imbalanced", "imbalanced classes, weighted", "calibration", 4, 64, tables.imbalanced),
    Job("wide-and-deep", "wide and deep net", "calibration", 2, 64, tables.wide_and_deep),
    Job("causal-language", "causal language model", "calibration", 4, 16, language.causal, clip_norm=1.0),
    Job(
        "tied-language",
        "recurrent language model with tied weights",
        "calibration",
        3,
        16,
        language.tied,
        clip_norm=1.0,
    ),
    Job("triplet", "triplet loss", "calibration", 8, 32, metric.triplet),
    Job("forecasting", "recurrent forecast of a series", "calibration", 6, 32, series.forecasting, clip_norm=1.0),
    Job("translation", "sequence to sequence with attention", "calibration", 8, 32, series.translation, clip_norm=1.0),
    Job("graph-classes", "graph net on whole graphs", "calibration", 12, 32, graphs.graph_classes),
)
REPORT = (
    Job("plain-convolution", "convolution without norm", "report", 6, 32, pictures.plain_convolution),
    Job("vision-transformer", "vision transformer", "report", 5, 32, pictures.vision_transformer),
    Job("variational-autoencoder", "variational autoencoder", "report", 16, 64, dense_pictures.variational_autoencoder),
    Job("diffusion", "diffusion model", "report", 28, 64, dense_pictures.diffusion),
    Job("label-noise", "wrong training labels", "report", 10, 64, tables.label_noise),
    Job("quantile", "quantile regression", "report", 6, 64, tables.quantile),
    Job("masked-language", "masked language model", "report", 4, 16, language.masked, clip_norm=1.0),
    Job("low-rank", "low-rank adaptation of a pretrained net", "report", 6, 64, language.low_rank),
    Job("contrastive", "contrastive loss over the batch", "report", 6, 32, metric.contrastive),
    Job("recognition", "recurrent classification of a series", "report", 9, 32, series.recognition, clip_norm=1.0),
    Job("transcription", "connectionist temporal classification", "report", 6, 16, series.transcription, clip_norm=1.0),
    Job("node-classes", "graph convolution on the nodes of one graph", "report", 300, 160, graphs.node_classes),
    Job("many-categories", "embeddings of many categories", "report", 3, 128, embedded.many_categories),
    Job("column-transformer", "transformer over the columns of a table", "report", 6, 32, embedded.column_transformer),
    Job("distillation", "distillation from a frozen teacher", "report", 12, 64, embedded.distillation),
)
JOBS = CALIBRATION + REPORT
