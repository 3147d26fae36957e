"""Code lists in every published shape, and what is wrong with the others."""

from pathlib import Path

import pytest

from openprotect.programmes.codelists import has_check_digit, plain_term, read_codelist

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT.parent / "shared" / "data" / "codelists"
SHIPPED = ROOT / "packs" / "covid-protect" / "2026.1" / "codelists"


def read(text: str | bytes, system: str = "snomed"):
    faults: list = []
    found = read_codelist(text.encode() if isinstance(text, str) else text, "list.csv", system, faults)
    assert (found is None) == bool(faults)
    return found, [str(fault) for fault in faults]


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("code,term\n84114007,Heart failure\n", "snomed"),
        ("code, term\n84114007,Heart failure\n", "snomed"),
        ("\ufeffcode,term\n84114007,Heart failure\n", "snomed"),
        ('"id","name","active","notes"\n"84114007","Heart failure","n","retired"\n', "snomed"),
        ("snomed_id,Description\r\n84114007,Heart failure\r\n", "snomed"),
        ("dmd_type,dmd_id,dmd_name,bnf_code\nVMP,84114007,Heart failure,060\n", "dmd"),
        ("code,term,Grouping_16_ID,Grouping_6_ID\n84114007,Heart failure,1,1\n", "snomed"),
        ("Code,Term\n84114007,Heart failure\n\n84114007,Cardiac failure\n", "snomed"),
    ],
)
def test_every_published_shape(text: str, system: str) -> None:
    found, _ = read(text, system)
    assert found.codes == (("84114007", "Heart failure"),)
    assert found.name == "list"
    assert len(found.sha256) == 64


def test_codes_alone_are_a_list() -> None:
    assert read("code\n325444003")[0].codes == (("325444003", ""),)


BAD = [
    ("", "snomed", "an empty file"),
    ("code,term\n", "snomed", "read 'no code', expected at least one code"),
    ("term\nHeart failure\n", "snomed", "expected a code column: code, id, dmd_id, snomed_id"),
    ("code,id,term\n84114007,1,x\n", "snomed", "read 'code,id', expected one code column"),
    ("code,term,term\n84114007,x,x\n", "snomed", "row 1, column term: read 'term', expected each column once"),
    ("code,term,colour\n84114007,x,red\n", "snomed", "row 1, column colour: read 'colour', expected a known column"),
    ("code,term\n9.99E+09,x\n", "snomed", "row 2, column code: read '9.99E+09', expected a whole code"),
    ("code,term\n1300561000000000,x\n", "snomed", "a spreadsheet has rounded this one"),
    ("code,term\n84114008,x\n", "snomed", "expected a SNOMED CT code whose check digit is right"),
    ("code,term\n12345,x\n", "snomed", "a SNOMED CT code of 6 to 18 digits"),
    ("code,term\n,x\n", "dmd", "read '', expected a dm+d code of 6 to 18 digits"),
    ("CTV3ID,CTV3PreferredTermDesc,CTV3Source\n13B1.,Diabetic diet,x\n", "snomed", "Read CTV3"),
    ("CTV3Code,Description\n1377.,Ex-smoker\n", "snomed", "Read CTV3"),
    (
        "CTV3Code,Description,CodeSource,Category\n1377.,Ex-smoker,x,E\n",
        "snomed",
        "use the SNOMED CT version of the list, or have it mapped",
    ),
    (
        "dmd_type,dmd_id,dmd_name,bnf_code\nVMPP,84114007,A pack,060\n",
        "dmd",
        "row 2, column dmd_type: read 'VMPP', expected VMP or AMP",
    ),
    (
        "dmd_type,dmd_id,dmd_name,bnf_code\nVMP,84114007,Tablets,060\n",
        "snomed",
        "this is one of medicines, of system dmd",
    ),
    ("code,term\nA8100-1,x\n", "ods", "expected the ODS code of a practice"),
    ("code,term\nE0100001,x\n", "lsoa", "expected an LSOA, such as E01000001"),
    ("code,term\nXaPbt,Haemoglobin A1c\nXaPbu,y\n", "snomed", "Read CTV3"),
    ("code,term\nN18.5,x\n", "icd10", "expected an ICD-10 code without a dot"),
    ("code,term\nM01.2,x\n", "opcs4", "expected an OPCS-4 code without a dot"),
    ("code,term\nn185,x\n", "icd10", "expected an ICD-10 code"),
    ('code,term\n84114007,"open\n', "snomed", "a CSV row with its quotes closed"),
    ("code,term\n84114007,a,b\n", "snomed", "read '3 cells', expected 2 cells"),
    ("<html>", "snomed", "expected a CSV file"),
    (b"code,term\n84114007,\xe9\n", "snomed", "row 2: read 'byte 0xe9', expected a CSV file in UTF-8"),
    (b"code\0,term\n", "snomed", "expected a CSV file"),
]


@pytest.mark.parametrize(("text", "system", "said"), BAD)
def test_what_is_wrong_is_said(text: str, system: str, said: str) -> None:
    _, faults = read(text, system)
    assert any(said in fault for fault in faults), faults


def test_a_read_list_is_named_once() -> None:
    assert len(read("code,term\nXaPbt,x\nXaPbu,y\n")[1]) == 1


def test_many_faults_are_counted() -> None:
    faults = read("code\n" + "x\n" * 30)[1]
    assert len(faults) == 21
    assert "10 more faults" in faults[-1]


def test_check_digits() -> None:
    assert all(map(has_check_digit, ("84114007", "1300561000000107", "10193111000001107", "138875005")))
    assert not any(map(has_check_digit, ("84114006", "1300561000000106", "48114007")))


def test_terms_lose_their_semantic_tag_and_nothing_else() -> None:
    assert plain_term("Heart failure (disorder)") == "Heart failure"
    assert plain_term("Ex-smoker (<1/day)") == "Ex-smoker (<1/day)"


# Where each shipped list comes from.
SOURCES = {
    "transplant": "nhsd-transplant-spl-atriskv4-snomed-ct",
    "transplant-opcs4": "nhsd-transplant-spl-hes-opcs4",
    "haematological-malignancies": "nhsd-haematological-malignancies-snomed",
    "haematological-malignancies-icd10": "nhsd-haematological-malignancies-icd-10",
    "severe-respiratory": "opensafely-chronic-respiratory-disease-snomed",
    "chronic-respiratory": "opensafely-chronic-respiratory-disease-snomed",
    "rare-diseases": "nhsd-immunosupression-pcdcluster-snomed-ct",
    "sickle-cell": "nhsd-sickle-spl-atriskv4-snomed-ct",
    "sickle-cell-icd10": "nhsd-sickle-spl-hes-icd-10",
    "ckd-stage-5": "nhsd-ckd-stage-5-snomed-ct",
    "ckd-stage-5-icd10": "nhsd-ckd-stage-5-icd-10",
    "downs-syndrome": "nhsd-downs-syndrome-snomed-ct",
    "downs-syndrome-icd10": "nhsd-downs-syndrome-icd-10",
    "motor-neurone": "nhsd-motor-neurone-disease-snomed-ct",
    "motor-neurone-icd10": "nhsd-motor-neurone-disease-icd-10",
    "huntingtons": "nhsd-huntingtons-snomed-ct",
    "multiple-sclerosis": "nhsd-multiple-sclerosis-snomed-ct",
    "immunosuppressants": "nhsd-immunosuppresant-drugs-pra-dmd",
    "oral-steroids": "nhsd-oral-steroid-drugs-pra-dmd",
    "chemotherapy-radiotherapy": "opensafely-chemotherapy-or-radiotherapy-snomed",
    "heart-disease": "opensafely-chronic-cardiac-disease-snomed",
    "chronic-cardiac": "opensafely-chronic-cardiac-disease-snomed",
    "pregnancy": "primis-covid19-vacc-uptake-preg",
    "high-risk": "primis-covid19-vacc-uptake-shield",
    "not-high-risk": "primis-covid19-vacc-uptake-nonshield",
    "diabetes": "opensafely-diabetes-snomed",
    "hypertension": "opensafely-hypertension-snomed",
    "dementia": "nhsd-primary-care-domain-refsets-dem_cod",
    "housebound": "opensafely-housebound",
    "not-housebound": "opensafely-no-longer-housebound",
    "learning-disability": "primis-covid19-vacc-uptake-learndis",
}


def test_every_shipped_list_has_a_source() -> None:
    assert {path.stem for path in SHIPPED.glob("*.csv")} == set(SOURCES)


@pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason="../shared/data is not here: shipped codes are not held against the published lists"
)
@pytest.mark.parametrize("name", SOURCES)
def test_every_shipped_code_stands_in_the_published_list(name: str) -> None:
    system = next((one for one in ("icd10", "opcs4") if name.endswith(one)), "snomed")
    system = "dmd" if name in ("immunosuppressants", "oral-steroids") else system
    shipped, published = (
        read_codelist(path, path.name, system, [])
        for path in (SHIPPED / f"{name}.csv", PUBLISHED / f"{SOURCES[name]}.csv")
    )
    assert shipped
    assert published
    terms = {code: plain_term(term) for code, term in published.codes}
    assert [(code, terms.get(code)) for code, _ in shipped.codes] == [
        (code, plain_term(term)) for code, term in shipped.codes
    ]


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="../shared/data is not here: the published lists are not read")
def test_every_published_list_is_read_or_refused_as_read_codes() -> None:
    assert len(list(PUBLISHED.glob("*.csv"))) == 64
    refused = set()
    for path in PUBLISHED.glob("*.csv"):
        faults: list = []
        icd = "icd" in path.stem or path.stem in (
            "nhsd-huntingtons",
            "nhsd-multiple-sclerosis",
            "nhsd-myasthenia-gravis",
        )
        system = (
            "icd10" if icd else "opcs4" if "opcs4" in path.stem else "dmd" if path.stem.endswith("dmd") else "snomed"
        )
        if read_codelist(path, path.name, system, faults) is None:
            assert all("Read CTV3" in str(fault) for fault in faults), faults
            refused.add(path.stem)
    assert refused == {
        "opensafely-diabetes", "opensafely-dialysis", "opensafely-glycated-haemoglobin-hba1c-tests-ifcc",
        "opensafely-haematological-cancer", "opensafely-smoking-clear",
    }  # fmt: skip
