/** Text encoders with integer weights. May use core, ptq.forms and ptq.scheme. */
package org.mixdq4j.ptq.encoder;
