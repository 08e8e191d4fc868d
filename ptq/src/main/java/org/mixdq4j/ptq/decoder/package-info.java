/** The VAE's decoder in integers. May use core, ptq.probe and ptq.scheme. */
package org.mixdq4j.ptq.decoder;
