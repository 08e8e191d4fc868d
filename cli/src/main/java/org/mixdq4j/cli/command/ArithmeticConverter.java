package org.mixdq4j.cli.command;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.mixdq4j.core.exec.Arithmetic;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the words for how quantized layers are computed. */
final class ArithmeticConverter implements ITypeConverter<Arithmetic> {
    @Override
    public Arithmetic convert(String value) {
        return Arrays.stream(Arithmetic.values())
                .filter(arithmetic -> arithmetic.word().equalsIgnoreCase(value))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException("expected "
                        + Arrays.stream(Arithmetic.values())
                                .map(Arithmetic::word)
                                .collect(Collectors.joining(" or "))
                        + " but was '" + value + "'"));
    }
}
