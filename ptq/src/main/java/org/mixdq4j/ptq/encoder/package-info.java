/** Text encoders with integer weights. May use core and ptq.scheme. */
package org.mixdq4j.ptq.encoder;
