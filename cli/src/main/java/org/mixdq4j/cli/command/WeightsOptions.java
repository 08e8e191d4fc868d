package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.lora.LoraModel;
import org.mixdq4j.core.lora.LoraUse;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.config.ConfigFields;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.network.source.ModelSources;
import picocli.CommandLine.Option;

/** Which weights a model is opened with. */
final class WeightsOptions {
    private static final Set<String> COMPONENTS = Set.of("unet", "transformer", "text_encoder", "vae");

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            description = "Weights files of this variant (fp16, bf16, non_ema, ...), where a folder holds several.")
    private String variant;

    @Option(
            names = "--base",
            paramLabel = "DIR",
            description = "Folder in diffusers' layout with what a model in one file leaves out: configurations,"
                    + " tokenizers, components. Default: a folder 'configs' beside the file, or its own.")
    private Path base;

    @Option(
            names = "--lora",
            paramLabel = "FILE[:SCALE]",
            description =
                    "Add this LoRA to the weights, as much of it as the scale says (default 1); may be given several"
                            + " times. Give the same ones to every command.")
    private List<String> loras = List.of();

    Optional<String> variant() {
        return Optional.ofNullable(variant);
    }

    /** For what reads single networks. @throws UsageException if there is an option for whole models */
    void requireNoModel() {
        if (!loras.isEmpty()) {
            throw new UsageException("--lora changes a model, and this command reads single networks; leave it out.");
        }
        if (base != null) {
            throw new UsageException(
                    "--base completes a model in one file, and this command reads single networks; leave it out.");
        }
    }

    ModelSource open(Path model) {
        ModelSource source = ModelSources.open(model, variant(), Optional.ofNullable(base));
        warnOfForeignFields(source);
        if (loras.isEmpty()) {
            return source;
        }
        LoraModel merged =
                LoraModel.open(source, loras.stream().map(LoraUse::parse).toList());
        merged.notes().forEach(note -> System.err.println("mixdq: " + note));
        return merged;
    }

    /** Silent about them, a user would take a misspelled setting for one that counts. */
    private static void warnOfForeignFields(ModelSource model) {
        model.index().fieldNames().forEachRemaining(component -> {
            if (!COMPONENTS.contains(component.replaceAll("_\\d$", "")) || !model.has(component)) {
                return;
            }
            JsonNode config = model.config(component);
            Networks.named(config).ifPresent(network -> {
                List<String> foreign = ConfigFields.foreign(config, network);
                if (!foreign.isEmpty()) {
                    System.err.println(
                            "mixdq: the config.json of " + component + " has fields that are no settings of a "
                                    + network + " and are passed over: " + String.join(", ", foreign) + ".");
                }
            });
        });
    }

    /** The options that the next command needs for the same weights, each after a space. */
    String again() {
        String again = loras.stream().map(lora -> " --lora " + lora).collect(Collectors.joining());
        return again + (variant == null ? "" : " --variant " + variant) + (base == null ? "" : " --base " + base);
    }
}
