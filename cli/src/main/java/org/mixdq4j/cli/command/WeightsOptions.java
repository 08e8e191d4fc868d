package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.model.Networks;
import org.mixdq4j.core.model.config.ConfigFields;
import org.mixdq4j.core.model.source.ModelSource;
import org.mixdq4j.core.model.source.ModelSources;
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

    Optional<String> variant() {
        return Optional.ofNullable(variant);
    }

    /** For what reads single networks. @throws UsageException if there is an option that completes a model */
    void requireNoBase() {
        if (base != null) {
            throw new UsageException(
                    "--base completes a model in one file, and this command reads single networks; leave it out.");
        }
    }

    ModelSource open(Path model) {
        ModelSource source = ModelSources.open(model, variant(), Optional.ofNullable(base));
        warnOfForeignFields(source);
        return source;
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
        return (variant == null ? "" : " --variant " + variant) + (base == null ? "" : " --base " + base);
    }
}
