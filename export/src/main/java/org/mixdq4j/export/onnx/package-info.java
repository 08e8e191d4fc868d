/**
 * Networks as ONNX files, in float or quantized, for ONNX Runtime and TensorRT: every op and every form of a quantized layer
 * as standard operators, the file written tensor by tensor. May use {@code core}.
 */
package org.mixdq4j.export.onnx;
