package org.mixdq4j.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.image.RgbImage;

/** Small inputs of every kind, written as the stages write them. */
final class SmallInputs {
    static final String DIGEST = "0123456789abcdef".repeat(4);
    static final String HEADER = "layer,group,type,depth,kind,bits,elements,sqnr_db,ssim,estimate_db\n";

    private SmallInputs() {}

    static Path sensitivity(Path folder, String... rows) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("sensitivity.csv"), HEADER + String.join("\n", rows) + "\n");
        return folder;
    }

    /** Three layers: one where nothing differed, one whose output was no number. */
    static Path sensitivity(Path folder) throws IOException {
        return sensitivity(
                folder,
                "conv_in,quality,conv,0,weights,4,36,12.5,,",
                "conv_in,quality,conv,0,weights,8,36,31.25,,",
                "mid.attn2.to_k,content,linear,1,weights,4,64,Infinity,1.0,",
                "mid.attn2.to_k,content,linear,1,weights,8,64,Infinity,1.0,",
                "conv_out,quality,conv,2,weights,4,36,NaN,,",
                "conv_out,quality,conv,2,weights,8,36,20.0,,");
    }

    static Path plan(Path folder) throws IOException {
        Files.createDirectories(folder.resolve("p.candidates"));
        String groups =
                """
                "groups":{"content":{"metric":"ssim","average_bits":4.0,"objective":%s,"layers_by_bits":{"4":1}},
                 "quality":{"metric":"sqnr_db","average_bits":8.0,"objective":51.25,"layers_by_bits":{"8":1,"float":1}}}""";
        Files.writeString(
                folder.resolve("p.summary.json"),
                """
                {"format":"mixdq4j-bit-plan","version":1,"weights":{"budget":{"bits":6.0},"average_bits":5.44,
                 "bytes":140,"proven_optimal":true,%s,
                 "solves":[{"program":"joint","objective":1.5,"bound":1.5,"gap":0.0,"status":"optimal"}],
                 "layers":{"conv_in":{"group":"quality","elements":36,"bits":8,"reason":"budget"},
                  "conv_out":{"group":"quality","elements":36,"bits":"float","reason":"protected"},
                  "mid.attn2.to_k":{"group":"content","elements":64,"bits":4,"reason":"pinned"}}}}
                """
                        .formatted(groups.formatted("0.9812")));
        Files.writeString(
                folder.resolve("p.candidates/frontier.json"),
                """
                {"weights":[{"split":"joint","dominated":false,"average_bits":5.44,"bytes":140,%s},
                 {"split":"joint","dominated":false,"average_bits":8.0,"bytes":172,%s},
                 {"split":0.5,"dominated":true,"average_bits":8.0,"bytes":172,%s}]}
                """
                        .formatted(groups.formatted("0.9812"), groups.formatted("0.9999"), groups.formatted("0.9500")));
        return folder.resolve("p.yaml");
    }

    static Path checkpoint(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(
                folder.resolve("quantization_config.json"),
                """
                {"format":"mixdq4j-quantized","version":1,"component":"unet","source":{"unet":"%1$s"},
                 "calibration":"%1$s","scheme":{"name":"w8a8"},"weights_sha256":"%1$s",
                 "layers":{"conv_in":{"weight_bits":8,"activation_bits":8},
                  "mid.attn2.to_k":{"weight_bits":8,"activation_bits":8}},
                 "float_layers":{"conv_out":"among the worst alone"}}
                """
                        .formatted(DIGEST));
        Files.writeString(
                folder.resolve("summary.json"),
                """
                {"layers":{"W8A8":2,"float":1},"bytes_float32":4000000,"bytes_source":2000000,"bytes_quantized":1090000,
                 "output_sqnr_db":{"as written":50.84,"without split":NaN,"without BOS-aware":Infinity},
                 "output_sqnr_db_layer_alone":{"conv_out":31.8,"conv_in":37.6,"mid.attn2.to_k":Infinity}}
                """);
        return folder;
    }

    /** Two variants, one with pictures of its own, from captions of images.csv. */
    static Path evaluation(Path folder, String caption) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(
                folder.resolve("evaluation.json"),
                """
                {"format":"mixdq4j-evaluation","version":1,"model":{"unet":"%s"},"captions":"captions.json","count":2,
                 "seed":42,"steps":1,"float":{"bytes":14476432,"clip_score":{"mean":31.2,"se":0.125},
                 "seconds_per_step":0.0186},
                 "variants":[{"name":"W8A8","checkpoint":"w8a8","bytes":3927688,"layers":{"W8A8":260,"float":3},
                  "ssim":{"mean":0.9978,"se":0.0002},"psnr":{"mean":43.71,"se":0.2},"latent_sqnr_db":48.2,
                  "taste":{"mean":5.125,"se":0.5},"seconds_per_step":0.0179},
                  {"name":"naive <W4A8>","bytes":2017688,"ssim":{"mean":0.314,"se":0.01},
                  "psnr":{"mean":Infinity},"latent_sqnr_db":NaN}]}
                """
                        .formatted(DIGEST));
        for (String variant : new String[] {"float", "W8A8"}) {
            for (int i = 0; i < 2; i++) {
                Path file = folder.resolve("images").resolve(variant).resolve("0000" + i + ".png");
                Files.createDirectories(file.getParent());
                Png.save(file, RgbImage.filled(8, 6, 0x336699 + i), Map.of("parameters", caption));
            }
        }
        String quoted = '"' + caption.replace("\"", "\"\"") + '"';
        Files.writeString(
                folder.resolve("images.csv"),
                "variant,index,caption_id,seed,ssim,psnr_db,caption\nfloat,0,7,1,,," + quoted
                        + "\nfloat,1,8,2,,,plain\n" + "W8A8,0,7,1,0.99754,inf," + quoted
                        + "\nW8A8,1,8,2,0.98,40.04,plain\n");
        return folder;
    }

    static ReportInputs everything(Path folder, String caption) throws IOException {
        return ReportInputs.none()
                .withSensitivity(sensitivity(folder.resolve("sens")))
                .withPlan(plan(folder.resolve("plan")))
                .withQuantized(checkpoint(folder.resolve("w8a8")))
                .withEvaluation(evaluation(folder.resolve("eval"), caption));
    }
}
