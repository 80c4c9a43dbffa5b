"""The register contracts: which columns of which register are read, their types, codes, years, keys and blocking rules.

This is the one place that says what a delivery must look like. Intake, validation, the descriptions in the
Dagster UI, the documentation and the demo read it. What does not belong here: how a file is opened (`assets.intake`),
how a rule is evaluated (`assets.intake.validation`), and anything that the law decides (`law/parameters`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from assets.list_names import LIST_NAMES
from law.loader import LegalValue

TIMES = "https://www.dst.dk/da/Statistik/dokumentation/Times"


class Kind(StrEnum):
    """How a column's values are read. `SQL_TYPES` gives the type that is stored."""

    PSEUDONYM = "pseudonym"  # text key of a person or a dwelling, stored as a whole number
    CODE = "code"  # whole-number code; what is no number becomes UNREADABLE_CODE and is judged by the code rule
    CATEGORY = "category"  # text code, compared to the letter
    DAY = "day"
    AMOUNT = "amount"  # decimal with at most two digits after the point and thirteen before it
    MEASURE = "measure"  # decimal, kept with two digits after the point
    NUMBER = "number"  # whole number; what is no number stops the run
    TEXT = "text"
    CADASTRE = "cadastre"  # text, compared trimmed and in lower case
    OFFENCE = "offence"  # seven-digit offence code, kept as the act it falls under
    SANCTION = "sanction"  # decision code, kept as its hundred
    PRESENT = "present"  # must be delivered, never stored


SQL_TYPES: Mapping[Kind, str] = {
    Kind.PSEUDONYM: "BIGINT",
    Kind.CODE: "INTEGER",
    Kind.CATEGORY: "VARCHAR",
    Kind.DAY: "DATE",
    Kind.AMOUNT: "DECIMAL(18,2)",
    Kind.MEASURE: "DECIMAL(18,2)",
    Kind.NUMBER: "BIGINT",
    Kind.TEXT: "VARCHAR",
    Kind.CADASTRE: "VARCHAR",
    Kind.OFFENCE: "VARCHAR",
    Kind.SANCTION: "SMALLINT",
}

UNREADABLE_CODE = -1
ROW_CHANGE_PCT = 5
"""A reference whose row count is more than this off the previous one is warned about."""

ABSENT = "The row counts as absent."
AGELESS = "The person counts as a resident and in no age group."

MANY_ROWS = 1000
"""From this many rows on, a code that is the same in every row is warned about."""


@dataclass(frozen=True)
class FormerName:
    """A column that held the matter of a contract column in earlier years, under another name.

    The office's lists name none that was renamed with its content kept: `held` says what the former column is instead,
    so that nobody takes it for the same quantity. It is named in messages and descriptions and never read.
    """

    name: str
    first_year: int
    last_year: int
    held: str
    source: str


@dataclass(frozen=True)
class Column:
    """One column of a register.

    `first_year` and `last_year` are the first and last reference year that the office has the column for, by its
    list of the register's variables (`Register.source`, read on 30 August 2026). No last year: it is still there;
    no first year: the source, one outside the office, does not say. The year of a status register is that of its
    status day: the office's file of December 1985 is the population of 1 January 1986.

    `codes` is the closed set outside of which a value stops the run (`None`: no closed set). `known` names the
    code list (a file in `law/code_lists`) outside of which a value only warns. `required` columns must be in the
    delivery; `filled` means that an empty value stops the run, `warn_empty` that it is counted and warned
    about, in these words.
    """

    name: str
    kind: Kind
    label: str
    source: str
    first_year: int | None = field(default=None, repr=False)
    last_year: int | None = field(default=None, repr=False)
    former_names: tuple[FormerName, ...] = field(default=(), repr=False)
    codes: tuple[int | str, ...] | None = None
    known: str | None = None
    required: bool = True
    filled: bool = False
    warn_empty: str = ""

    @property
    def stored(self) -> str:
        """Name of the column in the warehouse; what is kept as a class is named as one."""
        return {Kind.OFFENCE: "offence_class", Kind.SANCTION: "sanction_class"}.get(self.kind, self.name.lower())

    def there_in(self, year: int) -> bool:
        """Whether the register has the column for a reference year; where nothing is known, it is taken to."""
        return (self.first_year or year) <= year <= (self.last_year or year)

    @property
    def years(self) -> str:
        """The reference years that the register has the column for, in words; empty where the source does not say."""
        if self.first_year is None:
            return "" if self.last_year is None else f"until {self.last_year}"
        return f"from {self.first_year} on" if self.last_year is None else f"{self.first_year}-{self.last_year}"


ReferenceKind = Literal["status_day", "year"]


@dataclass(frozen=True)
class Register:
    """One register: its columns, key, and the references that a list year needs.

    `years` names the law parameters whose offset, added to the list year, gives the reference years. A status
    register has the reference day 1 January of that year. `any_year` takes whatever years were delivered, up to the
    list year.
    """

    name: str
    title: str
    description: str
    reference: ReferenceKind
    years: tuple[str, ...]
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    optional: bool = False
    personal: bool = True
    day_not_after_status: str | None = None
    one_value_per: tuple[str, tuple[str, ...]] | None = None
    in_year: str | None = None
    any_year: bool = False
    source: str = ""

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def delivered_columns(self) -> tuple[Column, ...]:
        """The columns whose values are read; of the others it is only seen whether they are there."""
        return tuple(c for c in self.columns if c.kind is not Kind.PRESENT)

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """The columns that reach the warehouse."""
        hidden = {self.in_year} if self.in_year else set()
        return tuple(c for c in self.delivered_columns if c.name not in hidden)

    @property
    def fingerprint(self) -> str:
        """Changes when the contract does, so that a snapshot read under another contract is read anew.

        Years and former names are no part of it: they change what is said of a delivery, never what is read.
        """
        return hashlib.sha256(repr(self).encode()).hexdigest()

    def reference_name(self, year: int) -> str:
        """The folder name of a reference: a day for status registers, a year for period registers."""
        return f"{year}-01-01" if self.reference == "status_day" else str(year)


MUNICIPALITIES = "municipalities"
"""`codes` that are not written here but read from `law/code_lists/municipalities.csv`."""


def _pnr(first_year: int) -> Column:
    return Column("PNR", Kind.PSEUDONYM, "Pseudonym of the person", f"{TIMES}/befolkningen", first_year)


BEF = Register(
    name="bef",
    title="Befolkningen",
    description="The population on the status day, one row per person.",
    reference="status_day",
    years=(
        "opgoerelse.residents_year_offset",
        "opgoerelse.outside_year_offset_1",
        "opgoerelse.outside_year_offset_2",
        "opgoerelse.convicted_year_offset_1",
        "opgoerelse.convicted_year_offset_2",
    ),
    key=("PNR",),
    day_not_after_status="FOED_DAG",
    source="https://www.dst.dk/extranet/ForskningVariabellister/BEF%20-%20Befolkningen.html",
    columns=(
        _pnr(1986),
        Column("FOED_DAG", Kind.DAY, "Date of birth", f"{TIMES}/befolkningen/foed-dag", 1986, warn_empty=AGELESS),
        Column("KOEN", Kind.CODE, "Sex: 1 man, 2 woman", f"{TIMES}/befolkningen/koen", 1986, codes=(1, 2), filled=True),
        Column(
            "KOM", Kind.CODE, "Municipality", f"{TIMES}/befolkningen/kom", 1986, codes=(MUNICIPALITIES,), filled=True
        ),
        Column("ADRESSE_ID", Kind.PSEUDONYM, "Pseudonym of the address", f"{TIMES}/befolkningen/adresse-id", 1986),
        Column(
            "IE_TYPE",
            Kind.CODE,
            "Origin: 1 Danish, 2 immigrant, 3 descendant",
            f"{TIMES}/befolkningen/ie-type",
            1986,
            codes=(1, 2, 3),
            filled=True,
        ),
        Column("OPR_LAND", Kind.CODE, "Country of origin", f"{TIMES}/befolkningen/opr-land", 1986, known="countries"),
        Column("STATSB", Kind.CODE, "Citizenship", f"{TIMES}/befolkningen/statsb", 1986, known="countries"),
    ),
)

OF = Register(
    name="of",
    title="Offentligt forsørgede",
    description="Spells of public support within the year.",
    reference="year",
    years=("opgoerelse.outside_year_offset_1", "opgoerelse.outside_year_offset_2"),
    source="https://www.dst.dk/extranet/ForskningVariabellister/OF%20-%20Offentligt%20fors%C3%B8rgede.html",
    columns=(
        _pnr(2007),
        Column(
            "PTI_TILSTAND_KODE",
            Kind.CODE,
            "State of support",
            f"{TIMES}/offentligt-forsoergede",
            2007,
            known="of_states",
        ),
        Column("PTI_VFRA", Kind.DAY, "First day of the spell", f"{TIMES}/offentligt-forsoergede", 2007),
        Column("PTI_VTIL", Kind.DAY, "Last day of the spell; empty runs on", f"{TIMES}/offentligt-forsoergede", 2007),
        Column(
            "PTI_TIMER_PER_UGE",
            Kind.AMOUNT,
            "Hours a week",
            f"{TIMES}/offentligt-forsoergede",
            2007,
            warn_empty=ABSENT,
        ),
    ),
)

KRAF = Register(
    name="kraf",
    title="Kriminalstatistik, afgørelser",
    description=(
        "Criminal decisions of the year, one row per decision, shrunk at intake to act and kind of sanction: "
        "no case number, no date and no offence code is kept."
    ),
    reference="year",
    years=("opgoerelse.convicted_year_offset_1", "opgoerelse.convicted_year_offset_2"),
    in_year="AFG_AFGOEDTO",
    source="https://www.dst.dk/extranet/ForskningVariabellister/KRAF%20-%20Kriminalstatistik%20afg%C3%B8relser.html",
    columns=(
        _pnr(1980),
        Column("JOURNR", Kind.PRESENT, "Case number", f"{TIMES}/kriminalstatistik", 1980),
        Column("AFG_AFGOEDTO", Kind.DAY, "Date of the decision", f"{TIMES}/kriminalstatistik/afg-afgoedto", 1980),
        Column("AFG_GER7", Kind.OFFENCE, "Offence, kept as the act", f"{TIMES}/kriminalstatistik/afg-ger7", 1980),
        Column(
            "AFG_AFGTYP3",
            Kind.SANCTION,
            "Decision, kept as its hundred",
            f"{TIMES}/kriminalstatistik/afg-afgtyp3",
            1980,
        ),
    ),
)

UDDA = Register(
    name="udda",
    title="Uddannelser",
    description="Highest completed education, one row per person.",
    reference="year",
    years=("opgoerelse.education_year_offset",),
    key=("PNR",),
    source="https://www.dst.dk/extranet/ForskningVariabellister/UDDA%20-%20Uddannelser%20(BUE).html",
    columns=(
        _pnr(1980),
        Column(
            "HFAUDD",
            Kind.CODE,
            "Highest completed education",
            f"{TIMES}/uddannelsesdata/hfaudd",
            1980,
            warn_empty=ABSENT,
        ),
        Column(
            "HF_KILDE",
            Kind.CODE,
            "Source of the education",
            f"{TIMES}/uddannelsesdata/hf-kilde",
            1980,
            known="hf_kilde",
            warn_empty=ABSENT,
        ),
    ),
)

IND = Register(
    name="ind",
    title="Indkomst",
    description="Income of the year, one row per person.",
    reference="year",
    years=("opgoerelse.income_year_offset",),
    key=("PNR",),
    source="https://www.dst.dk/extranet/ForskningVariabellister/IND%20-%20Indkomst.html",
    columns=(
        _pnr(1980),
        Column(
            "PERINDKIALT_13",
            Kind.AMOUNT,
            "Income before tax, DKK",
            f"{TIMES}/personindkomst/perindkialt-13",
            1980,
            former_names=(
                FormerName(
                    "PERINDKIALT",
                    1980,
                    2013,
                    "the income by the definitions from before the revision of 2014",
                    f"{TIMES}/personindkomst/perindkialt",
                ),
            ),
            warn_empty=ABSENT,
        ),
        Column(
            "OMFANG",
            Kind.CODE,
            "Tax liability: 1 full, all year",
            f"{TIMES}/personindkomst/omfang",
            1980,
            codes=(0, 1, 2, 3, 4, 5),
            filled=True,
        ),
    ),
)

AKM = Register(
    name="akm",
    title="Arbejdsklassifikationsmodulet",
    description="Labour market classification of the year, one row per person.",
    reference="year",
    years=("opgoerelse.income_year_offset",),
    key=("PNR",),
    source="https://www.dst.dk/extranet/ForskningVariabellister/AKM%20-%20Arbejdsklassifikationsmodul.html",
    columns=(
        _pnr(1976),
        Column(
            "SOCIO13",
            Kind.CODE,
            "Socio-economic classification",
            f"{TIMES}/personindkomst/socio13",
            1991,
            former_names=(
                FormerName("SOCIO", 1994, 2001, "an older classification", f"{TIMES}/personindkomst/socio"),
                FormerName("SOCIO02", 2002, 2013, "an older classification", f"{TIMES}/personindkomst/socio02"),
            ),
            known="socio13",
        ),
    ),
)

BOLIG = Register(
    name="bolig",
    title="Boliger",
    description="Dwellings on the status day with parcel and, for social housing, department and category.",
    reference="status_day",
    years=BEF.years,
    key=("ADRESSE_ID",),
    source="docs/deliveries.md",
    columns=(
        Column("ADRESSE_ID", Kind.PSEUDONYM, "Pseudonym of the address", f"{TIMES}/befolkningen/adresse-id"),
        Column("KOM", Kind.CODE, "Municipality", f"{TIMES}/befolkningen/kom", codes=(MUNICIPALITIES,), filled=True),
        Column("EJERLAV", Kind.NUMBER, "Cadastral district", "Matriklen"),
        Column("MATRIKEL", Kind.CADASTRE, "Parcel number", "Matriklen"),
        Column("AFDELING_ID", Kind.TEXT, "Social housing department", "Landsbyggefonden, stamdata"),
        Column(
            "BOLIGKATEGORI",
            Kind.CATEGORY,
            "Category of social housing; empty for other dwellings",
            "Landsbyggefonden, huslejeregister",
            codes=("familiebolig", "ungdomsbolig", "aeldrebolig"),
        ),
        Column("BOLIGAREAL", Kind.MEASURE, "Dwelling area, m2", f"{TIMES}/bygnings--og-boligregister"),
        Column("ANTAL_VAERELSER", Kind.NUMBER, "Rooms", f"{TIMES}/bygnings--og-boligregister"),
    ),
)

OMRAADE = Register(
    name="omraade",
    title="Områdeafgrænsninger",
    description="The parcels of each social housing area, in force for the list.",
    reference="year",
    years=(),
    key=("EJERLAV", "MATRIKEL"),
    personal=False,
    one_value_per=("AREA_ID", ("NAVN", "KOM")),
    source="almenboligloven § 61 a, stk. 3; BEK 1202/2023",
    columns=(
        Column("AREA_ID", Kind.TEXT, "Area", "BEK 1202/2023", warn_empty="The parcel stands in no area."),
        Column(
            "NAVN",
            Kind.TEXT,
            "Name of the area",
            "BEK 1202/2023",
            warn_empty="The area has the name on its other parcels, or none.",
        ),
        Column("KOM", Kind.CODE, "Municipality", "BEK 1202/2023", codes=(MUNICIPALITIES,), filled=True),
        Column("EJERLAV", Kind.NUMBER, "Cadastral district", "Matriklen"),
        Column("MATRIKEL", Kind.CADASTRE, "Parcel number", "Matriklen"),
        Column("FORGAENGER", Kind.TEXT, "The area it was split from", "BEK 1202/2023", required=False),
    ),
)

LISTE = Register(
    name="liste",
    title="Tidligere offentliggjorte lister",
    description="Lists published earlier, in today's terms, for years without an edition in this home.",
    reference="year",
    years=(),
    key=("AREA_ID", "LISTE"),
    personal=False,
    source="almenboligloven § 61 a, stk. 5",
    columns=(
        Column("AREA_ID", Kind.TEXT, "Area", "the published lists"),
        Column(
            "LISTE",
            Kind.CATEGORY,
            "The list on which the area stood",
            "the published lists",
            codes=tuple(LIST_NAMES),
            filled=True,
        ),
    ),
)

ANVISNINGSLOFT = Register(
    name="anvisningsloft",
    title="Kommunalbestyrelsernes beslutninger efter § 59, stk. 8",
    description="The forebyggelsesområder that a council has exempted from § 59, stk. 7.",
    reference="year",
    years=(),
    key=("AREA_ID",),
    personal=False,
    optional=True,
    source="almenboligloven § 59, stk. 8",
    columns=(
        Column("KOM", Kind.CODE, "Municipality", "the council's decision", codes=(MUNICIPALITIES,), filled=True),
        Column("AREA_ID", Kind.TEXT, "Area", "the council's decision"),
        Column("BESLUTTET", Kind.DAY, "Day of the decision", "the council's decision"),
        Column("JOURNALNR", Kind.TEXT, "The council's file number", "the council's decision"),
    ),
)


EITHER_WAY = FormerName(
    "INDUD_LAND",
    1973,
    2024,
    "the country of migrations in both directions",
    "https://www.dst.dk/extranet/ForskningVariabellister/VNDS%20-%20Historiske%20vandringer.html",
)


def _migrations(name: str, title: str, description: str, country: Column) -> Register:
    return Register(
        name=name,
        title=title,
        description=description,
        reference="year",
        years=(),
        optional=True,
        any_year=True,
        source="https://www.dst.dk/extranet/ForskningVariabellister/VNDS%20-%20Vandringer.html",
        columns=(
            _pnr(2005),
            Column("HAEND_DATO", Kind.DAY, "Day of the migration", f"{TIMES}/vandringer/haend-dato", 2005),
            Column(
                "IE_TYPE",
                Kind.CODE,
                "Origin: 1 Danish, 2 immigrant, 3 descendant",
                f"{TIMES}/befolkningen/ie-type",
                2005,
                codes=(1, 2, 3),
                filled=True,
            ),
            Column(
                "OPR_LAND", Kind.CODE, "Country of origin", f"{TIMES}/befolkningen/opr-land", 2005, known="countries"
            ),
            country,
        ),
    )


VNDS_IND = _migrations(
    "vnds_ind",
    "Indvandringer",
    "Migrations into the country in the year, one row per migration. Only the report reads it.",
    Column(
        "INDV_LAND",
        Kind.CODE,
        "Country left",
        f"{TIMES}/vandringer/indv-land",
        2005,
        former_names=(EITHER_WAY,),
        known="countries",
    ),
)

VNDS_UD = _migrations(
    "vnds_ud",
    "Udvandringer",
    "Migrations out of the country in the year, one row per migration. Only the report reads it.",
    Column(
        "UDV_LAND",
        Kind.CODE,
        "Country moved to",
        f"{TIMES}/vandringer/udv-land",
        2005,
        former_names=(EITHER_WAY,),
        known="countries",
    ),
)

REGISTERS: tuple[Register, ...] = (
    BEF,
    BOLIG,
    OF,
    KRAF,
    UDDA,
    IND,
    AKM,
    OMRAADE,
    LISTE,
    ANVISNINGSLOFT,
    VNDS_IND,
    VNDS_UD,
)

REGISTER_BY_NAME: Mapping[str, Register] = {register.name: register for register in REGISTERS}


def status_years(law: Mapping[str, LegalValue], list_year: int) -> tuple[int, ...]:
    """The years whose 1 January is a status day for the list.

    A figure about year y counts the residents of 1 January y+1, so year Y-1 and the resident count share a day.
    """
    resident_year = list_year + whole(law["opgoerelse.residents_year_offset"])
    after = {list_year + whole(law[name]) + 1 for name in BEF.years if name != "opgoerelse.residents_year_offset"}
    return tuple(sorted({resident_year, *after}))


def reference_years(register: Register, law: Mapping[str, LegalValue], list_year: int) -> tuple[int, ...]:
    """The reference years of a register for a list year by the law alone, whatever the home has and was delivered
    (`needed_years`)."""
    if register.reference == "status_day":
        return status_years(law, list_year)
    if not register.years:
        return (list_year,)
    return tuple(sorted({list_year + whole(law[name]) for name in register.years}))


def needed_years(
    register: Register,
    law: Mapping[str, LegalValue],
    list_year: int,
    own_editions: Collection[int],
    there: Sequence[int],
) -> Sequence[int]:
    """The years of a register that a list year needs: of `liste` those without an own edition in the home, and of a
    register of any year those that are `there`, up to the list year."""
    if register.any_year:
        return [year for year in there if year <= list_year]
    if register is LISTE:
        return [year for year in history_years(law, list_year) if year not in own_editions]
    return reference_years(register, law, list_year)


def history_years(law: Mapping[str, LegalValue], list_year: int) -> tuple[int, ...]:
    """The years before the list year that decide whether a parallelsamfund is an omdannelsesområde."""
    years = whole(law["omdannelsesomraade.years"])
    return tuple(range(list_year - years + 1, list_year))


def whole(value: LegalValue) -> int:
    """The whole number that a legal value holds."""
    if not isinstance(value.value, int):
        raise TypeError(f"{value.parameter} is no whole number")
    return value.value
