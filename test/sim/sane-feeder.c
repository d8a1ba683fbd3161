/*
 * A SANE backend for tests: an office feeder with a glass, whose options wait for each other as the fujitsu backend's
 * do, and which fails where its script says. libsane loads it like any other (LD_LIBRARY_PATH, dll.conf: feeder), so
 * everything above this seam is Debian's own. The few types of sane.h that it needs are declared here.
 *
 * $SANE_CONFIG_DIR/feeder.conf, one `key value` a line, read anew at every call:
 *   device NAME                        what it is listed and opened as
 *   sheets N                           sheets in the feeder when it is opened
 *   page-loaded|cover-open|scan yes    what its sensors and its button say
 *   fail CALL PAGE WHAT                at open, list, start, read, cancel or close; from that page on
 *       WHAT is the number of a SANE_Status, or crash, hang, flood, chatter, short (a page that ends half way),
 *       or linger (a daemon of the backend's own keeps the pipes open)
 *   delay MS                           how long opening takes, while nobody else can open it
 *   style switch                       two-sided feeding is not a source, but an option of the feeder
 *   afterwards SENSOR                  says yes once the failure has come
 * feeder.log gets a line for each call that matters, and for each page the options that stand.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

typedef struct { const char *name, *vendor, *model, *type; } Device;
typedef struct { int min, max, quant; } Range;
typedef struct {
  const char *name, *title, *desc;
  int type, unit, size, cap, constraint_type;
  const void *constraint;
} Descriptor;
typedef struct { int format, last_frame, bytes_per_line, pixels_per_line, lines, depth; } Parameters;

enum { Good, Unsupported, Cancelled, Busy, Inval, Eof, Jammed, NoDocs, CoverOpen, IoError, NoMem, Denied };
enum { Bool, Int, Fixed, String };
enum { Mm = 3, Dpi = 4, Percent = 5 };
enum { SoftSelect = 1, HardSelect = 2, SoftDetect = 4, Inactive = 32, Advanced = 64 };
#define FIX(v) ((int)((v) * 65536.0))

static const char *sources[] = {"Flatbed", "ADF Front", "ADF Back", "ADF Duplex", NULL};
static const char *switch_sources[] = {"Flatbed", "ADF", NULL};
static const char *sides[] = {"Simplex", "Duplex", NULL};
static const char *modes[] = {"Lineart", "Halftone", "Gray", "Color", NULL};
static const char *actions[] = {"Default", "Continue", "Stop", NULL};
static const char *switches[] = {"Default", "Off", "On", NULL};
static const Range resolutions = {50, 600, 1}, percents = {0, FIX(100), FIX(0.1)};
static const Range paper_width = {0, FIX(221.121), 1387}, paper_height = {0, FIX(876.695), 1387};
static Range across = {0, FIX(215.872), 1387}, along = {0, FIX(279.364), 1387};

enum { Count, Source, AdfMode, Mode, Resolution, PageWidth, PageHeight, TlX, TlY, BrX, BrY, DfAction, DfThickness, DfRecovery,
       SwDeskew, SwSkip, PageLoaded, Cover, DoubleFeed, Button, Options };

#define SETTABLE (SoftSelect | SoftDetect)
#define SENSOR (HardSelect | SoftDetect | Advanced)
static Descriptor options[Options] = {
  [Count] = {"", "", "", Int, 0, 4, SoftDetect, 0, NULL},
  [Source] = {"source", "", "", String, 0, 16, SETTABLE, 3, sources},
  [AdfMode] = {"adf-mode", "", "", String, 0, 16, SETTABLE, 3, sides},
  [Mode] = {"mode", "", "", String, 0, 16, SETTABLE, 3, modes},
  [Resolution] = {"resolution", "", "", Int, Dpi, 4, SETTABLE, 1, &resolutions},
  [PageWidth] = {"page-width", "", "", Fixed, Mm, 4, SETTABLE, 1, &paper_width},
  [PageHeight] = {"page-height", "", "", Fixed, Mm, 4, SETTABLE, 1, &paper_height},
  [TlX] = {"tl-x", "", "", Fixed, Mm, 4, SETTABLE, 1, &across},
  [TlY] = {"tl-y", "", "", Fixed, Mm, 4, SETTABLE, 1, &along},
  [BrX] = {"br-x", "", "", Fixed, Mm, 4, SETTABLE, 1, &across},
  [BrY] = {"br-y", "", "", Fixed, Mm, 4, SETTABLE, 1, &along},
  [DfAction] = {"df-action", "", "", String, 0, 16, SETTABLE | Advanced, 3, actions},
  [DfThickness] = {"df-thickness", "", "", Bool, 0, 4, SETTABLE | Advanced, 0, NULL},
  [DfRecovery] = {"df-recovery", "", "", String, 0, 16, SETTABLE | Advanced, 3, switches},
  [SwDeskew] = {"swdeskew", "", "", Bool, 0, 4, SETTABLE | Advanced, 0, NULL},
  [SwSkip] = {"swskip", "", "", Fixed, Percent, 4, SETTABLE, 1, &percents},
  [PageLoaded] = {"page-loaded", "", "", Bool, 0, 4, SENSOR, 0, NULL},
  [Cover] = {"cover-open", "", "", Bool, 0, 4, SENSOR, 0, NULL},
  [DoubleFeed] = {"double-feed", "", "", Bool, 0, 4, SENSOR, 0, NULL},
  [Button] = {"scan", "", "", Bool, 0, 4, SENSOR, 0, NULL},
};
static union { int word; char text[16]; } values[Options];
static int lock, page, sheets, left_in_page, page_bytes;

static const char *path(const char *name) {
  static char text[PATH_MAX];
  snprintf(text, sizeof text, "%s/%s", getenv("SANE_CONFIG_DIR"), name);
  return text;
}

/* The rest of the script's line that begins with the key; empty when there is none. */
static const char *script(const char *key) {
  static char line[256];
  size_t length = strlen(key);
  FILE *file = fopen(path("feeder.conf"), "r");
  while (file && fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    if (strncmp(line, key, length) == 0 && line[length] == ' ') {
      fclose(file);
      return line + length + 1;
    }
  }
  if (file) fclose(file);
  return "";
}

static void note(const char *format, ...) {
  FILE *file = fopen(path("feeder.log"), "a");
  va_list args;
  va_start(args, format);
  if (file) vfprintf(file, format, args), fputc('\n', file), fclose(file);
  va_end(args);
}

static int sensor(const char *name) {
  if (strcmp(script(name), "yes") == 0) return 1;
  return strcmp(script("afterwards"), name) == 0 && access(path("feeder.failed"), F_OK) == 0;
}

/* What the script has for this call: a SANE_Status, -1 for a page cut short, Good for nothing. */
static int failure(const char *call) {
  char at[16], what[16];
  int from, status;
  if (sscanf(script("fail"), "%15s %d %15s", at, &from, what) != 3 || strcmp(at, call) || page < from) return Good;
  fclose(fopen(path("feeder.failed"), "w"));
  note("%s %s", call, what);
  if (strcmp(what, "crash") == 0) raise(11);
  for (int i = 0; strcmp(what, "hang") == 0; i++) sleep(1);
  while (strcmp(what, "flood") == 0) fprintf(stderr, "[feeder] still nothing to be seen here\n");
  while (strcmp(what, "chatter") == 0) printf("page-%d.tiff\n\001\377garbage %%n%%s\n", page + 1), fflush(stdout);
  if (strcmp(what, "linger") == 0) {
    pid_t child = fork();
    if (child == 0) setsid(), close(lock), chdir("/") == 0 && sleep(10), _exit(0);
    while (getpgid(child) != child) usleep(1000);
  }
  if (strcmp(what, "short") == 0) return -1;
  return sscanf(what, "%d", &status) == 1 ? status : Good;
}

static int is(int option, const char *text) { return strcmp(values[option].text, text) == 0; }

/* What follows from what is set: which options can be set now, and how far the area goes. */
static void settle(void) {
  int switched = strcmp(script("style"), "switch") == 0;
  int glass = is(Source, "Flatbed"), detecting = !is(DfAction, "Default");
  for (int i = PageWidth; i <= PageHeight; i++) options[i].cap = glass ? SETTABLE | Inactive : SETTABLE;
  options[Source].constraint = switched ? switch_sources : sources;
  options[AdfMode].cap = SETTABLE | (switched && !glass ? 0 : Inactive);
  options[DfThickness].cap = SETTABLE | Advanced | (detecting ? 0 : Inactive);
  across.max = glass ? FIX(215.872) : values[PageWidth].word;
  along.max = glass ? FIX(296.972) : values[PageHeight].word;
  if (values[BrX].word > across.max) values[BrX].word = across.max;
  if (values[BrY].word > along.max) values[BrY].word = along.max;
}

int sane_feeder_init(int *version, void *authorize) {
  (void)authorize;
  if (version) *version = 1 << 24;
  return Good;
}

void sane_feeder_exit(void) {}

int sane_feeder_get_devices(const Device ***list, int local_only) {
  static char name[64];
  static Device device = {name, "COMPULSA", "feeder", "sheetfed scanner"};
  static const Device *none[] = {NULL}, *one[] = {&device, NULL};
  (void)local_only;
  snprintf(name, sizeof name, "%s", script("device"));
  *list = name[0] ? one : none;
  return failure("list");
}

int sane_feeder_open(const char *name, void **handle) {
  const char *device = script("device");
  if (!device[0] || (name[0] && strcmp(name, device))) return Inval;
  /* As a claimed USB interface: gone with the process, however that ends. */
  lock = open(path("feeder.lock"), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  int status = flock(lock, LOCK_EX | LOCK_NB) == 0 ? failure("open") : Busy;
  usleep(atoi(script("delay")) * 1000);
  if (status != Good) {
    close(lock);
    return status;
  }
  page = 0;
  sheets = atoi(script("sheets"));
  strcpy(values[Source].text, "Flatbed");
  strcpy(values[AdfMode].text, "Simplex");
  strcpy(values[Mode].text, "Lineart");
  strcpy(values[DfAction].text, "Default");
  strcpy(values[DfRecovery].text, "On");
  values[Count].word = Options;
  values[Resolution].word = 600;
  values[PageWidth].word = values[BrX].word = FIX(215.872);
  values[PageHeight].word = values[BrY].word = FIX(279.364);
  values[TlX].word = values[TlY].word = values[DfThickness].word = values[SwDeskew].word = 0;
  values[SwSkip].word = FIX(2);
  settle();
  *handle = values;
  note("open");
  return Good;
}

void sane_feeder_close(void *handle) {
  (void)handle;
  failure("close");
  close(lock);
  note("close");
}

const Descriptor *sane_feeder_get_option_descriptor(void *handle, int option) {
  (void)handle;
  return option < 0 || option >= Options ? NULL : &options[option];
}

int sane_feeder_control_option(void *handle, int option, int action, void *value, int *info) {
  (void)handle;
  if (option < 0 || option >= Options || options[option].cap & Inactive) return Inval;
  int text = options[option].type == String;
  if (option >= PageLoaded) values[option].word = sensor(options[option].name);
  if (action == 0) {
    if (text) strcpy(value, values[option].text);
    else *(int *)value = values[option].word;
    return Good;
  }
  if (!(options[option].cap & SoftSelect)) return Inval;
  if (text) snprintf(values[option].text, 16, "%s", (char *)value);
  else values[option].word = *(int *)value;
  if (info) *info = 2 | 4;
  settle();
  return Good;
}

int sane_feeder_get_parameters(void *handle, Parameters *parameters) {
  (void)handle;
  double dots = values[Resolution].word / 25.4 / 65536.0;
  int bit = is(Mode, "Lineart"), colour = is(Mode, "Color");
  int pixels = (int)((values[BrX].word - values[TlX].word) * dots);
  int lines = (int)((values[BrY].word - values[TlY].word) * dots);
  int bytes = bit ? (pixels + 7) / 8 : colour ? pixels * 3 : pixels;
  *parameters = (Parameters){colour ? 1 : 0, 1, bytes, pixels, lines, bit ? 1 : 8};
  return Good;
}

int sane_feeder_start(void *handle) {
  Parameters parameters;
  int status, per_sheet = is(Source, "ADF Duplex") || is(AdfMode, "Duplex") ? 2 : 1;
  page++;
  if (page > (is(Source, "Flatbed") ? 1 : sheets * per_sheet)) return NoDocs;
  if ((status = failure("start")) > Good) return status;
  sane_feeder_get_parameters(handle, &parameters);
  left_in_page = page_bytes = parameters.bytes_per_line * parameters.lines;
  note("page %d source=%s mode=%s resolution=%d df-action=%s df-thickness=%d df-recovery=%s swskip=%.1f pixels=%dx%d", page,
       values[Source].text, values[Mode].text, values[Resolution].word, values[DfAction].text, values[DfThickness].word,
       values[DfRecovery].text, values[SwSkip].word / 65536.0, parameters.pixels_per_line, parameters.lines);
  return Good;
}

int sane_feeder_read(void *handle, unsigned char *data, int most, int *length) {
  (void)handle;
  *length = 0;
  int half_read = left_in_page <= page_bytes / 2, status = half_read ? failure("read") : Good;
  if (status > Good) return status;
  if (left_in_page == 0 || status == -1) return Eof;
  *length = most < left_in_page ? most : left_in_page;
  memset(data, 0x40 + page, *length);
  left_in_page -= *length;
  return Good;
}

void sane_feeder_cancel(void *handle) {
  (void)handle;
  note("cancel");
  failure("cancel");
}

int sane_feeder_set_io_mode(void *handle, int non_blocking) {
  (void)handle;
  return non_blocking ? Unsupported : Good;
}

int sane_feeder_get_select_fd(void *handle, int *fd) {
  (void)handle;
  (void)fd;
  return Unsupported;
}
