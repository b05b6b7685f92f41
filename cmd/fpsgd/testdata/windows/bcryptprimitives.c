/* ProcessPrng for a Wine without bcryptprimitives.dll, which every program of Go loads; no C library is needed. */

__declspec(dllimport) unsigned char SystemFunction036(void *buffer, unsigned long bytes); /* RtlGenRandom of advapi32 */

__declspec(dllexport) int ProcessPrng(unsigned char *buffer, unsigned long long bytes)
{
	while (bytes > 0) {
		unsigned long part = bytes < 1 << 20 ? (unsigned long)bytes : 1 << 20;
		if (!SystemFunction036(buffer, part))
			return 0;
		buffer += part;
		bytes -= part;
	}
	return 1;
}
