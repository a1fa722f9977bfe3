// SPDX-License-Identifier: Apache-2.0
#include "file_kind.h"

#include "dump.h"

struct magic {
	u16 off;
	u8 len;
	const char *bytes;
	const char *kind;
};

#define MAGIC(off, bytes, kind) { off, sizeof(bytes) - 1, bytes, kind }

/* The order matters only where one magic begins another. */
static const struct magic magics[] = {
	/* other memory and machine states */
	MAGIC(0, "hibr", "a hibernation file (hiberfil.sys)"),
	MAGIC(0, "HIBR", "a hibernation file (hiberfil.sys)"),
	MAGIC(0, "wake", "a hibernation file that was resumed (hiberfil.sys)"),
	MAGIC(0, "WAKE", "a hibernation file that was resumed (hiberfil.sys)"),
	MAGIC(0, "RSTR", "a hibernation file of a fast start (hiberfil.sys)"),
	MAGIC(0, "HORM", "a hibernation file (hiberfil.sys)"),
	MAGIC(0, "\xd0\xbe\xd2\xbe", "a VMware state file (.vmss or .vmsn)"),
	MAGIC(0, "\xd1\xba\xd1\xba", "a VMware state file (.vmss or .vmsn)"),
	MAGIC(0, "\xd2\xbe\xd2\xbe", "a VMware state file (.vmss or .vmsn)"),
	MAGIC(0, "\xd3\xbe\xd3\xbe", "a VMware state file (.vmss or .vmsn)"),
	MAGIC(0, "USERDUMP", "an old full user dump (before Windows XP)"),
	MAGIC(0, "USERDU64", "an old full user dump (before Windows XP)"),
	MAGIC(0, "AVML", "an AVML compressed memory image"),
	MAGIC(0, "QEVM", "a QEMU saved state"),
	MAGIC(0, "\x7f" "VirtualBox SavedState", "a VirtualBox saved state"),
	MAGIC(0, "LibvirtQemudSave", "a libvirt saved state"),
	/* disks */
	MAGIC(0, "conectix", "a virtual disk (VHD)"),
	MAGIC(0, "cxsparse", "a virtual disk (VHD)"),
	MAGIC(0, "vhdxfile", "a virtual disk (VHDX)"),
	MAGIC(0, "QFI\xfb", "a virtual disk (qcow2)"),
	MAGIC(0, "KDMV", "a virtual disk (VMDK)"),
	MAGIC(0, "# Disk Descriptor", "a virtual disk descriptor (VMDK)"),
	MAGIC(64, "\x7f\x10\xda\xbe", "a virtual disk (VDI)"),
	MAGIC(3, "NTFS    ", "an NTFS volume"),
	MAGIC(512, "EFI PART", "a disk image (GPT)"),
	/* traces and logs */
	MAGIC(0, "\xd4\xc3\xb2\xa1", "a packet capture (pcap)"),
	MAGIC(0, "\xa1\xb2\xc3\xd4", "a packet capture (pcap)"),
	MAGIC(0, "\x4d\x3c\xb2\xa1", "a packet capture (pcap)"),
	MAGIC(0, "\x0a\x0d\x0d\x0a", "a packet capture (pcapng)"),
	MAGIC(0, "\xc1\x1f\xfc\xc1", "a CTF trace stream"),
	MAGIC(0, "\x75\xd1\x1d\x57", "a CTF metadata stream"),
	MAGIC(0, "ElfFile\0", "a Windows event log (evtx)"),
	MAGIC(4, "LfLe", "a Windows event log (evt)"),
	MAGIC(0, "regf", "a registry hive"),
	/* programs and their symbols */
	MAGIC(0, "Microsoft C/C++ MSF 7.00", "a PDB symbol file"),
	MAGIC(0, "Microsoft C/C++ program database 2.00",
	      "a PDB symbol file (2.00)"),
	MAGIC(0, "MODULE ", "a Breakpad symbol file"),
	MAGIC(0, "!<arch>\n", "an ar library"),
	MAGIC(0, "\xcf\xfa\xed\xfe", "a Mach-O file"),
	MAGIC(0, "\xce\xfa\xed\xfe", "a Mach-O file"),
	MAGIC(0, "\xca\xfe\xba\xbe", "a Mach-O or Java class file"),
	/* archives; the ones that are opened fail earlier, with a reason */
	MAGIC(0, "PK\3\4", "a zip archive"),
	MAGIC(0, "PK\5\6", "an empty zip archive"),
	MAGIC(0, "7z\xbc\xaf\x27\x1c", "a 7z archive"),
	MAGIC(0, "Rar!\x1a\x07", "a RAR archive"),
	MAGIC(0, "\xfd" "7zXZ\0", "an xz stream"),
	MAGIC(0, "BZh", "a bzip2 stream"),
	MAGIC(0, "\x28\xb5\x2f\xfd", "a zstd stream"),
	MAGIC(0, "\x04\x22\x4d\x18", "an lz4 stream"),
	MAGIC(0, "\x1f\x8b\x08", "a gzip stream"),
	MAGIC(0, "MSCF", "a cabinet"),
	MAGIC(257, "ustar", "a tar archive"),
	MAGIC(0, "MSWIM\0\0\0", "a WIM image"),
	/* documents, pictures, data */
	MAGIC(0, "SQLite format 3", "an SQLite database"),
	MAGIC(4, "\xef\xcd\xab\x89", "an ESE database"),
	MAGIC(0, "%PDF-", "a PDF document"),
	MAGIC(0, "\x89PNG\r\n\x1a\n", "a picture (PNG)"),
	MAGIC(0, "GIF8", "a picture (GIF)"),
	MAGIC(0, "\xff\xd8\xff", "a picture (JPEG)"),
	MAGIC(0, "II*\0", "a picture (TIFF)"),
	MAGIC(0, "MM\0*", "a picture (TIFF)"),
	MAGIC(0, "OggS", "an Ogg media file"),
	MAGIC(0, "RIFF", "a RIFF media file"),
	MAGIC(4, "ftyp", "an MPEG-4 media file"),
	MAGIC(0, "\x1a\x45\xdf\xa3", "a Matroska media file"),
	MAGIC(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
	      "an OLE compound document"),
};

bool ntr_all_zero(const void *p, size_t len)
{
	const u8 *b = p;

	return !len || (b[0] == 0 && !memcmp(b, b + 1, len - 1));
}

static const u8 *head_at(const struct ntr_bin *head, size_t off, size_t len)
{
	size_t have = (size_t)(head->end - head->base);

	return off <= have && len <= have - off ? head->base + off : NULL;
}

/* --- ELF -------------------------------------------------------------------- */

#define ELF_ROW(m, name)                                             \
	{ m, { "an ELF object file (" name ")",                      \
	       "an ELF executable (" name ")",                       \
	       "an ELF shared object or executable (" name ")" } }

/* e_machine values of the ELF gABI. */
static const struct {
	u16 machine;
	const char *kind[3]; /* ET_REL, ET_EXEC, ET_DYN */
} elf_kinds[] = {
	ELF_ROW(62, "x86-64"), ELF_ROW(3, "x86"), ELF_ROW(183, "ARM64"),
	ELF_ROW(40, "ARM"), ELF_ROW(0x9026, "Alpha"), ELF_ROW(50, "IA-64"),
	ELF_ROW(8, "MIPS"), ELF_ROW(20, "PowerPC"), ELF_ROW(21, "PowerPC64"),
	ELF_ROW(22, "s390"), ELF_ROW(243, "RISC-V"),
};

static const char *elf_kind(const struct ntr_bin *head)
{
	const u8 *p = head_at(head, 0, 20);
	u16 type, machine;

	if (!p || memcmp(p, "\x7f" "ELF", 4))
		return NULL;
	type = p[5] == 2 ? (u16)(p[16] << 8 | p[17]) :
			   (u16)(p[17] << 8 | p[16]);
	machine = p[5] == 2 ? (u16)(p[18] << 8 | p[19]) :
			      (u16)(p[19] << 8 | p[18]);
	if (type < 1 || type > 3)
		return "an ELF file";
	for (size_t i = 0; i < NTR_COUNT(elf_kinds); i++)
		if (elf_kinds[i].machine == machine)
			return elf_kinds[i].kind[type - 1];
	return type == 1 ? "an ELF object file" :
	       type == 2 ? "an ELF executable" :
			   "an ELF shared object or executable";
}

/* --- PE --------------------------------------------------------------------- */

#define PE_DLL 0x2000u /* IMAGE_FILE_DLL in Characteristics */
#define PE_NATIVE 1u   /* IMAGE_SUBSYSTEM_NATIVE */

static const char *mz_kind(const struct ntr_bin *head, u64 file_size)
{
	const u8 *p = head_at(head, 0, 64), *pe;
	u32 at;

	if (!p || memcmp(p, "MZ", 2))
		return NULL;
	at = p[60] | (u32)p[61] << 8 | (u32)p[62] << 16 | (u32)p[63] << 24;
	pe = head_at(head, at, 24);
	if (!pe)
		return at < file_size ? NULL : "an MS-DOS program";
	if (!memcmp(pe, "PE\0", 4)) {
		const u8 *sub = head_at(head, (size_t)at + 92, 2);

		if (sub && sub[0] == PE_NATIVE)
			return "a PE image (driver)";
		return (pe[23] << 8 | pe[22]) & PE_DLL ?
			       "a PE image (DLL)" : "a PE image (program)";
	}
	if (!memcmp(pe, "NE", 2) || !memcmp(pe, "LE", 2))
		return "a 16-bit Windows program";
	return NULL;
}

/* --- text ------------------------------------------------------------------- */

#define TEXT_LOOK 512u

static bool text_byte(u8 c)
{
	return (c >= 0x20 && c != 0x7f) || c == '\n' || c == '\r' ||
	       c == '\t' || c == '\f';
}

static const char *text_kind(const struct ntr_bin *head)
{
	size_t n = (size_t)(head->end - head->base);
	const u8 *p = head->base;
	size_t ascii = 0;

	if (n >= 4 && p[0] == 0xff && p[1] == 0xfe && p[3] == 0)
		return "text (UTF-16)";
	if (n > TEXT_LOOK)
		n = TEXT_LOOK;
	for (size_t i = 0; i < n; i++) {
		if (!text_byte(p[i]))
			return NULL;
		ascii += p[i] < 0x80;
	}
	if (ascii < n - n / 4)
		return NULL;
	if (memmem(p, n, "BREAKPAD MICRODUMP", 18))
		return "a Breakpad microdump (text)";
	if (n > 5 && !memcmp(p, "<?xml", 5))
		return "text (XML)";
	if (p[0] == '{' || p[0] == '[')
		return "text (JSON?)";
	return "text";
}

/* A boot sector: jump or cli, and the signature at 510. */
static const char *boot_kind(const struct ntr_bin *head)
{
	const u8 *p = head_at(head, 0, 512);

	if (!p || p[510] != 0x55 || p[511] != 0xaa)
		return NULL;
	if (p[0] == 0xeb || p[0] == 0xe9 || p[0] == 0xfa || p[0] == 0x33)
		return "a disk image (boot sector)";
	return NULL;
}

const char *ntr_file_kind_known(const struct ntr_bin *head, u64 file_size)
{
	size_t have = (size_t)(head->end - head->base);
	const char *k;

	if (!file_size)
		return "empty";
	if (ntr_all_zero(head->base, have))
		return file_size <= have ? "all zero bytes" : NULL;
	if ((k = elf_kind(head)) || (k = mz_kind(head, file_size)))
		return k;
	for (size_t i = 0; i < NTR_COUNT(magics); i++) {
		const struct magic *m = &magics[i];
		const u8 *p = head_at(head, m->off, m->len);

		if (p && !memcmp(p, m->bytes, m->len))
			return m->kind;
	}
	if ((k = boot_kind(head)))
		return k;
	return text_kind(head);
}

const char *ntr_file_kind(const struct ntr_bin *head, u64 file_size)
{
	const char *k = ntr_file_kind_known(head, file_size);

	if (k)
		return k;
	if (ntr_all_zero(head->base, (size_t)(head->end - head->base)))
		return "zero bytes as far as was looked";
	return "data of no known kind";
}
